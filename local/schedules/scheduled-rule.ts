import { randomUUID } from 'node:crypto';
import { ACCOUNT_ID, REGION } from '../aws/identity';
import { explain, type Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import type { Schedule } from './expression';

export interface ScheduledTarget {
  readonly fn: Invocable;
  /** The event, when the rule sets it itself. */
  readonly input: string | undefined;
}

/** One rule of the template: invokes its targets when it is due, never before their last run has ended. */
export class ScheduledRule {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private lastCronMinute = -1;

  constructor(
    private readonly ruleArn: string,
    private readonly schedule: Schedule,
    private readonly targets: readonly ScheduledTarget[],
    private readonly journal: Journal,
  ) {}

  start(): void {
    const every = this.schedule.kind === 'rate' ? this.schedule.milliseconds : 1_000;
    this.timer = setInterval(() => this.tick(), every);
  }

  /** Fires no more and waits for the run under way: stop the functions' pools to hurry it. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private tick(): void {
    if (!this.running && this.isDue()) {
      this.running = this.run().finally(() => {
        this.running = undefined;
      });
    }
  }

  private isDue(): boolean {
    if (this.schedule.kind === 'rate') {
      return true;
    }
    const now = new Date();
    const minute = Math.floor(now.getTime() / 60_000);
    const isDue = minute !== this.lastCronMinute && this.schedule.matches(now);
    this.lastCronMinute = minute;
    return isDue;
  }

  private async run(): Promise<void> {
    await Promise.all(
      this.targets.map(async ({ fn, input }) => {
        const outcome = await fn.invoke(input ?? this.event());
        if (outcome.kind !== 'returned' && outcome.kind !== 'cancelled') {
          this.journal.note(`${fn.name} ${explain(outcome)} on its schedule`);
        }
      }),
    );
  }

  private event(): string {
    return JSON.stringify({
      version: '0',
      id: randomUUID(),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: ACCOUNT_ID,
      time: new Date().toISOString().replace(/\.\d+/, ''),
      region: REGION,
      resources: [this.ruleArn],
      detail: {},
    });
  }
}
