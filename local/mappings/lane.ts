import { explain, type Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import { backOffMilliseconds, pause } from './back-off';
import { readBatchFailures } from './batch-failures';
import { batchLength, kinesisEvent, type StreamRecord } from './stream-batch';

export interface LaneSettings {
  readonly fn: Invocable;
  readonly source: { readonly streamArn: string; readonly shardId: string };
  readonly batchSize: number;
  readonly bisects: boolean;
  readonly reportsFailures: boolean;
  /** Retries of a batch after its first attempt; undefined: as long as it takes. */
  readonly maximumRetries: number | undefined;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}

/** What is to be done with a batch after an attempt. */
type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly from: number; readonly mayBisect: boolean };

/** One of the parallel ways through a shard: its records, all those of their keys, go one batch after the other. */
export class Lane {
  private readonly waiting: StreamRecord[] = [];
  private draining: Promise<void> | undefined;

  constructor(
    private readonly settings: LaneSettings,
    /** A record has ended: it was processed, or given up. */
    private readonly onEnded: (record: StreamRecord) => void,
  ) {}

  add(record: StreamRecord): void {
    this.waiting.push(record);
    this.draining ??= this.drain();
  }

  /** Waits for the attempt under way; to be called once the signal is aborted. */
  async settled(): Promise<void> {
    await this.draining;
  }

  private async drain(): Promise<void> {
    // Let the reader add the rest of what it has read, so that a batch can fill.
    await Promise.resolve();
    while (this.waiting.length > 0 && !this.settings.signal.aborted) {
      const batch = this.waiting.splice(0, batchLength(this.waiting, this.settings.batchSize));
      await this.process(batch);
    }
    // In the same turn as the last look at `waiting`: what is added next begins anew.
    this.draining = undefined;
  }

  /** Ends every record of the batch, however long it takes; returns early only when aborted. */
  private async process(records: readonly StreamRecord[]): Promise<void> {
    const { signal, bisects, maximumRetries } = this.settings;
    let batch = records;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const verdict = await this.attempt(batch);
      if (verdict.kind === 'done') {
        this.end(batch);
        return;
      }
      this.end(batch.slice(0, verdict.from));
      attempt = verdict.from > 0 ? 0 : attempt;
      batch = batch.slice(verdict.from);
      if (bisects && verdict.mayBisect && batch.length > 1) {
        const middle = Math.ceil(batch.length / 2);
        await this.process(batch.slice(0, middle));
        await this.process(batch.slice(middle));
        return;
      }
      if (maximumRetries !== undefined && attempt >= maximumRetries) {
        this.giveUp(batch);
        return;
      }
      await pause(backOffMilliseconds(attempt), signal);
    }
  }

  private async attempt(batch: readonly StreamRecord[]): Promise<Verdict> {
    const { fn, source, signal, reportsFailures, journal } = this.settings;
    const outcome = await fn.invoke(kinesisEvent(batch, source), signal);
    if (outcome.kind === 'returned') {
      if (!reportsFailures) {
        return { kind: 'done' };
      }
      const identifiers = batch.map((record) => record.SequenceNumber);
      const verdict = readBatchFailures(outcome.payload, identifiers);
      if (verdict.kind === 'succeeded') {
        return { kind: 'done' };
      }
      // The first failure says where to go on: what was reported is retried whole, an error is bisected.
      const from = verdict.kind === 'failed-in-part' ? (verdict.positions[0] ?? 0) : 0;
      return { kind: 'retry', from, mayBisect: verdict.kind === 'failed' };
    }
    if (outcome.kind !== 'cancelled') {
      journal.note(
        `${fn.name} ${explain(outcome)} on ${batch.length} record(s) of ${source.shardId} from ${batch[0]?.SequenceNumber}`,
      );
    }
    return { kind: 'retry', from: 0, mayBisect: outcome.kind !== 'cancelled' };
  }

  private giveUp(batch: readonly StreamRecord[]): void {
    const { fn, source, journal } = this.settings;
    journal.note(
      `${fn.name}: gave up ${batch.length} record(s) of ${source.shardId} from ${batch[0]?.SequenceNumber}`,
    );
    this.end(batch);
  }

  private end(batch: readonly StreamRecord[]): void {
    for (const record of batch) {
      this.onEnded(record);
    }
  }
}
