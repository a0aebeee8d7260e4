import type { RunNumbers } from '../../core/webhooks/ports';
import type {
  LiveGate,
  Replay,
  ReplayKey,
  ReplayPointer,
  ReplayStore,
} from '../../core/webhooks/replays/replay';
import type { MemorySubscriptionStore } from './memory-registry';

const POINTERS_PER_PAGE = 100;

/** Replays in memory. */
export class MemoryReplayStore implements ReplayStore {
  readonly replays = new Map<string, Replay>();
  readonly pointers = new Map<string, ReplayPointer>();

  async create(replay: Replay): Promise<'created' | 'already_exists'> {
    const { subscriptionId, run, createdAt } = replay;
    this.pointers.set(nameOf(replay), { subscriptionId, run, createdAt });
    return (await this.write(replay)) === 'written' ? 'created' : 'already_exists';
  }

  async find(key: ReplayKey): Promise<Replay | undefined> {
    return structuredClone(this.replays.get(nameOf(key)));
  }

  async list(
    subscriptionId: string,
    limit: number,
    below = Number.POSITIVE_INFINITY,
  ): Promise<readonly Replay[]> {
    return [...this.replays.values()]
      .filter((replay) => replay.subscriptionId === subscriptionId && replay.run < below)
      .sort((a, b) => b.run - a.run)
      .slice(0, limit);
  }

  async write(replay: Replay): Promise<'written' | 'conflict'> {
    const found = this.replays.get(nameOf(replay));
    if ((found?.version ?? 0) !== replay.version - 1) {
      return 'conflict';
    }
    this.replays.set(nameOf(replay), structuredClone(replay));
    return 'written';
  }

  async unfinished(after?: string) {
    const rest = [...this.pointers]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .filter(([name]) => after === undefined || name > after);
    const page = rest.slice(0, POINTERS_PER_PAGE);
    const last = page.at(-1)?.[0];
    const next = rest.length > page.length && last !== undefined ? { next: last } : {};
    return { pointers: page.map(([, pointer]) => pointer), ...next };
  }

  async forget(key: ReplayKey): Promise<void> {
    this.pointers.delete(nameOf(key));
  }
}

export class MemoryRunNumbers implements RunNumbers {
  readonly last = new Map<string, number>();

  async next(subscriptionId: string): Promise<number> {
    const run = (this.last.get(subscriptionId) ?? 0) + 1;
    this.last.set(subscriptionId, run);
    return run;
  }

  async takeFirst(subscriptionId: string): Promise<void> {
    this.last.set(subscriptionId, this.last.get(subscriptionId) ?? 1);
  }
}

export function memoryLiveGate({ subscriptions }: MemorySubscriptionStore): LiveGate {
  return {
    async open({ id }, run) {
      const found = subscriptions.get(id);
      if (found?.replaying === run) {
        const { replaying: _, ...rest } = found;
        subscriptions.set(id, rest);
      }
    },
  };
}

function nameOf({ subscriptionId, run }: ReplayKey): string {
  return `${subscriptionId}#${run}`;
}
