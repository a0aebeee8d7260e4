import { randomUUID } from 'node:crypto';
import { endedWithin } from '../grace';
import type { Journal } from '../journal';
import type { FunctionDefinition } from './definition';
import { FunctionWorker } from './function-worker';
import type { Invocable, InvocationOutcome } from './invocation';

interface Waiting {
  readonly event: string;
  readonly resolve: (outcome: InvocationOutcome) => void;
}

/**
 * The instances of one function: one is warm from the start, others come when all are busy, up to `size`.
 * What finds no free instance waits in order. An instance that ended is replaced at the next need.
 */
export class FunctionPool implements Invocable {
  private readonly idle: FunctionWorker[] = [];
  private readonly busy = new Set<Promise<void>>();
  private readonly workers = new Set<FunctionWorker>();
  private readonly waiting: Waiting[] = [];
  private stopped = false;

  constructor(
    private readonly definition: FunctionDefinition,
    readonly size: number,
    private readonly journal: Journal,
  ) {}

  get name(): string {
    return this.definition.name;
  }

  get arn(): string {
    return this.definition.arn;
  }

  /** Starts the first instance. @throws Error when the function cannot be loaded. */
  async warm(): Promise<void> {
    this.idle.push(await this.startWorker());
  }

  invoke(event: string, signal?: AbortSignal): Promise<InvocationOutcome> {
    return new Promise((resolve) => {
      const withdraw = () => this.withdraw(waiting);
      const waiting: Waiting = {
        event,
        resolve: (outcome) => {
          signal?.removeEventListener('abort', withdraw);
          resolve(outcome);
        },
      };
      this.waiting.push(waiting);
      signal?.addEventListener('abort', withdraw);
      this.next();
    });
  }

  /**
   * Takes no more invocations and ends the instances.
   * @param graceMilliseconds how long those under way may go on.
   */
  async stop(graceMilliseconds: number): Promise<void> {
    this.stopped = true;
    for (const { resolve } of this.waiting.splice(0)) {
      resolve({ kind: 'cancelled' });
    }
    await endedWithin(graceMilliseconds, this.busy);
    await Promise.all([...this.workers].map((worker) => worker.terminate()));
    await Promise.all(this.busy);
  }

  private withdraw(waiting: Waiting): void {
    const at = this.waiting.indexOf(waiting);
    if (at >= 0) {
      this.waiting.splice(at, 1);
      waiting.resolve({ kind: 'cancelled' });
    }
  }

  /** Gives the oldest waiting invocation an instance, if there is one to be had. */
  private next(): void {
    if (this.stopped) {
      for (const { resolve } of this.waiting.splice(0)) {
        resolve({ kind: 'cancelled' });
      }
      return;
    }
    if (this.busy.size >= this.size) {
      return;
    }
    const first = this.waiting.shift();
    if (first) {
      const work = this.run(first).finally(() => {
        this.busy.delete(work);
        this.next();
      });
      this.busy.add(work);
    }
  }

  private async run({ event, resolve }: Waiting): Promise<void> {
    try {
      const worker = await this.takeWorker();
      const outcome = await worker.invoke(randomUUID(), event);
      this.giveBack(worker);
      resolve(outcome);
    } catch (error) {
      resolve({ kind: 'crashed', message: (error as Error).message });
    }
  }

  private async takeWorker(): Promise<FunctionWorker> {
    for (let worker = this.idle.pop(); worker; worker = this.idle.pop()) {
      if (worker.alive) {
        return worker;
      }
      this.workers.delete(worker);
    }
    return this.startWorker();
  }

  private giveBack(worker: FunctionWorker): void {
    if (worker.alive) {
      this.idle.push(worker);
    } else {
      this.workers.delete(worker);
    }
  }

  private async startWorker(): Promise<FunctionWorker> {
    if (this.stopped) {
      throw new Error(`${this.name} has been stopped`);
    }
    const worker = new FunctionWorker(this.definition, this.journal);
    this.workers.add(worker);
    try {
      await worker.load();
      return worker;
    } catch (error) {
      this.workers.delete(worker);
      this.journal.note((error as Error).message);
      throw error;
    }
  }
}
