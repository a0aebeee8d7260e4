import { existsSync, readFileSync } from 'node:fs';
import { writePrivately } from '../write-privately';

/** How far one mapping has got in one shard; `finished`: to the shard's end. */
export type ShardPosition = { readonly sequenceNumber: string } | 'finished';

const SAVE_MILLISECONDS = 500;

/**
 * Where the stream mappings go on after a start without rewinding. They may lag behind what was processed,
 * never run ahead of it: reading a record twice is harmless, missing one is not.
 */
export class Checkpoints {
  private readonly positions: Map<string, ShardPosition>;
  private saving: NodeJS.Timeout | undefined;

  /** @param path where they are kept; undefined: nowhere. */
  constructor(
    private readonly path: string | undefined,
    rewind: boolean,
  ) {
    this.positions = new Map(
      path !== undefined && !rewind && existsSync(path)
        ? Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, ShardPosition>)
        : [],
    );
  }

  get(mapping: string, shardId: string): ShardPosition | undefined {
    return this.positions.get(`${mapping}/${shardId}`);
  }

  set(mapping: string, shardId: string, position: ShardPosition): void {
    this.positions.set(`${mapping}/${shardId}`, position);
    if (this.path !== undefined) {
      this.saving ??= setTimeout(() => this.save(), SAVE_MILLISECONDS);
    }
  }

  /** Writes what is not written yet. */
  save(): void {
    clearTimeout(this.saving);
    this.saving = undefined;
    if (this.path !== undefined) {
      writePrivately(this.path, JSON.stringify(Object.fromEntries(this.positions)));
    }
  }
}
