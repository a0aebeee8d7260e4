import { setMaxListeners } from 'node:events';
import { callAws } from '../aws/call';
import type { Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import { pause } from './back-off';
import type { Checkpoints } from './checkpoints';
import { ShardReader } from './shard-reader';

export interface StreamMappingSettings {
  readonly id: string;
  readonly fn: Invocable;
  readonly endpoint: string;
  readonly streamName: string;
  readonly streamArn: string;
  readonly batchSize: number;
  readonly lanes: number;
  readonly bisects: boolean;
  readonly reportsFailures: boolean;
  readonly maximumRetries: number | undefined;
  readonly checkpoints: Checkpoints;
  readonly journal: Journal;
}

interface Shard {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly SequenceNumberRange: { readonly EndingSequenceNumber?: string };
}

/** How often the shards are listed: a reshard is rare, and its new shards may wait that long. */
const LIST_MILLISECONDS = 1_000;

/** Feeds a stream to a function: a reader per shard, children only once their parents are finished. */
export class StreamMapping {
  private readonly abort = new AbortController();
  private readonly readers = new Map<string, Promise<void>>();
  private readonly finished = new Set<string>();
  private shards: readonly Shard[] = [];
  private listing: Promise<void> | undefined;

  constructor(private readonly settings: StreamMappingSettings) {
    // Every lane and every call under way listens: more than ten are no leak.
    setMaxListeners(0, this.abort.signal);
  }

  start(): void {
    this.listing = this.listForEver();
  }

  /** Takes no new batches and waits for those under way: stop the function's pool to hurry them. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.listing;
    await Promise.all(this.readers.values());
  }

  private async listForEver(): Promise<void> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      try {
        this.shards = await this.listShards();
        this.startReaders();
      } catch (error) {
        if (!signal.aborted) {
          this.settings.journal.note(
            `listing the shards of ${this.settings.streamName} failed: ${(error as Error).message}`,
          );
        }
      }
      await pause(LIST_MILLISECONDS, signal);
    }
  }

  private async listShards(): Promise<readonly Shard[]> {
    const { Shards } = await callAws<{ Shards: readonly Shard[] }>(
      'kinesis',
      this.settings.endpoint,
      'ListShards',
      { StreamName: this.settings.streamName },
      this.abort.signal,
    );
    return Shards;
  }

  private startReaders(): void {
    const known = new Set(this.shards.map((shard) => shard.ShardId));
    const isOpen = (parent: string | undefined) =>
      parent !== undefined && known.has(parent) && !this.finished.has(parent);
    for (const shard of this.shards) {
      const waits = isOpen(shard.ParentShardId) || isOpen(shard.AdjacentParentShardId);
      if (!waits && !this.readers.has(shard.ShardId)) {
        this.readers.set(shard.ShardId, this.read(shard.ShardId));
      }
    }
  }

  private async read(shardId: string): Promise<void> {
    const { id, checkpoints, streamArn } = this.settings;
    const position = checkpoints.get(id, shardId);
    const reader = new ShardReader({
      ...this.settings,
      source: { streamArn, shardId },
      signal: this.abort.signal,
      checkpoint: position === 'finished' ? undefined : position?.sequenceNumber,
      isClosed: () => this.isClosed(shardId),
      onCheckpoint: (sequenceNumber) => checkpoints.set(id, shardId, { sequenceNumber }),
    });
    const ended = position === 'finished' ? 'finished' : await reader.run();
    if (ended === 'finished') {
      checkpoints.set(id, shardId, 'finished');
      this.finished.add(shardId);
      this.startReaders();
    }
  }

  private isClosed(shardId: string): boolean {
    const shard = this.shards.find(({ ShardId }) => ShardId === shardId);
    return shard?.SequenceNumberRange.EndingSequenceNumber !== undefined;
  }
}
