import { createHash } from 'node:crypto';
import { callAws } from '../aws/call';
import { pause } from './back-off';
import { Lane, type LaneSettings } from './lane';
import { ShardProgress } from './shard-progress';
import type { StreamRecord } from './stream-batch';

export interface ShardReaderSettings extends LaneSettings {
  readonly endpoint: string;
  readonly streamName: string;
  readonly lanes: number;
  /** Read from here on; undefined: from the oldest record. */
  readonly checkpoint: string | undefined;
  /** True once the shard takes no more records. */
  readonly isClosed: () => boolean;
  readonly onCheckpoint: (sequenceNumber: string) => void;
}

/** A poll costs a millisecond: a busy shard is asked often, an idle one less and less. */
const BUSY_MILLISECONDS = 20;
const IDLE_MILLISECONDS = 150;
/** How long a shard counts as busy after its last record. */
const BUSY_FOR_MILLISECONDS = 3_000;
/** Reading stops here while the oldest record still fails: what is read lies in memory. */
const MAX_OUTSTANDING = 5_000;
const READ_LIMIT = 1_000;

/** Reads one shard from its check-point to its end and spreads the records over the lanes. */
export class ShardReader {
  private readonly lanes: readonly Lane[];
  private readonly progress: ShardProgress;
  private lastRead: string | undefined;
  private lastRecordAt = performance.now();

  constructor(private readonly settings: ShardReaderSettings) {
    this.progress = new ShardProgress(settings.checkpoint);
    this.lastRead = settings.checkpoint;
    this.lanes = Array.from(
      { length: settings.lanes },
      () => new Lane(settings, (record) => this.ended(record)),
    );
  }

  /** Resolves when the shard is closed and all its records have ended: `finished`; or at the abort: `aborted`. */
  async run(): Promise<'finished' | 'aborted'> {
    const { signal, isClosed, journal, source } = this.settings;
    while (!signal.aborted) {
      try {
        // Asked before the read: a shard that was closed before an empty read stays empty.
        const wasClosed = isClosed();
        const count = await this.readOnce();
        if (wasClosed && count === 0 && this.progress.outstanding === 0) {
          return 'finished';
        }
        await pause(this.pollMilliseconds(), signal);
      } catch (error) {
        if (!signal.aborted) {
          journal.note(`reading ${source.shardId} failed: ${(error as Error).message}`);
          await pause(1_000, signal);
        }
      }
    }
    await Promise.all(this.lanes.map((lane) => lane.settled()));
    return 'aborted';
  }

  private async readOnce(): Promise<number> {
    if (this.progress.outstanding >= MAX_OUTSTANDING) {
      return 0;
    }
    const records = await this.fetch();
    for (const record of records) {
      this.progress.begin(record);
      this.lastRead = record.SequenceNumber;
      this.lastRecordAt = performance.now();
    }
    for (const record of records) {
      this.laneOf(record.PartitionKey).add(record);
    }
    return records.length;
  }

  /**
   * Always from the last record that was read: the emulator's own next iterator moves on with the clock, and
   * a record written at the turn of a second could fall behind it.
   */
  private async fetch(): Promise<readonly StreamRecord[]> {
    const { endpoint, streamName, source, signal } = this.settings;
    const { ShardIterator } = await callAws<{ ShardIterator: string }>(
      'kinesis',
      endpoint,
      'GetShardIterator',
      {
        StreamName: streamName,
        ShardId: source.shardId,
        ...(this.lastRead === undefined
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: this.lastRead }),
      },
      signal,
    );
    const { Records } = await callAws<{ Records: readonly StreamRecord[] }>(
      'kinesis',
      endpoint,
      'GetRecords',
      { ShardIterator, Limit: READ_LIMIT },
      signal,
    );
    return Records;
  }

  /** Records of one key share a lane, which keeps their order. */
  private laneOf(partitionKey: string): Lane {
    const hash = createHash('md5').update(partitionKey).digest().readUInt32BE(0);
    return this.lanes[hash % this.lanes.length] as Lane;
  }

  private ended(record: StreamRecord): void {
    const before = this.progress.checkpoint;
    this.progress.end(record);
    const after = this.progress.checkpoint;
    if (after !== undefined && after !== before) {
      this.settings.onCheckpoint(after);
    }
  }

  private pollMilliseconds(): number {
    const idle = performance.now() - this.lastRecordAt > BUSY_FOR_MILLISECONDS;
    return idle ? IDLE_MILLISECONDS : BUSY_MILLISECONDS;
  }
}
