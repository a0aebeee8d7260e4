import type { StreamRecord } from './stream-batch';

/** Which records of a shard are under way, and up to where all have ended. */
export class ShardProgress {
  private readonly underWay: { readonly record: StreamRecord; ended: boolean }[] = [];
  private readonly bySequence = new Map<string, { ended: boolean }>();

  /** @param checkpoint the sequence number up to which all have ended; undefined: none has. */
  constructor(private reached: string | undefined) {}

  get checkpoint(): string | undefined {
    return this.reached;
  }

  /** How many records have been read beyond the check-point. */
  get outstanding(): number {
    return this.underWay.length;
  }

  begin(record: StreamRecord): void {
    const entry = { record, ended: false };
    this.underWay.push(entry);
    this.bySequence.set(record.SequenceNumber, entry);
  }

  /** The check-point moves over every record that has ended, up to the oldest that has not. */
  end(record: StreamRecord): void {
    const entry = this.bySequence.get(record.SequenceNumber);
    if (!entry) {
      return;
    }
    entry.ended = true;
    const firstOpen = this.underWay.findIndex(({ ended }) => !ended);
    const over = this.underWay.splice(0, firstOpen < 0 ? this.underWay.length : firstOpen);
    for (const { record: passed } of over) {
      this.bySequence.delete(passed.SequenceNumber);
      this.reached = passed.SequenceNumber;
    }
  }
}
