import type { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { SubscriptionStore } from '../../../core/topics/ports';
import type { RunNumbers } from '../../../core/webhooks/ports';
import {
  type LiveGate,
  newReplay,
  type Replay,
  type ReplayStore,
} from '../../../core/webhooks/replays/replay';
import { makeDynamoLiveGate } from '../../../lambdas/aws/dynamo-live-gate';
import { makeDynamoReplayStore } from '../../../lambdas/aws/dynamo-replay-store';
import { makeDynamoRunNumbers } from '../../../lambdas/aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { pointerRowKey } from '../../../lambdas/aws/replay-row';
import { useEmulatedTables } from '../../support/emulated-tables';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { MemoryReplayStore, MemoryRunNumbers, memoryLiveGate } from '../../support/memory-replays';
import { aSubscription } from '../../support/subscriptions';

const now = Date.parse('2026-11-20T12:00:00.000Z');
const at = '2026-11-20T12:00:00.000Z';
const emulated = useEmulatedTables();
let table = '';

interface Stores {
  readonly replays: ReplayStore;
  readonly runs: RunNumbers;
  readonly gate: LiveGate;
  readonly subscriptions: SubscriptionStore;
}

async function onDynamo(): Promise<Stores> {
  table = (await emulated.fresh()).registry;
  return {
    replays: makeDynamoReplayStore(emulated.client, table, () => now),
    runs: makeDynamoRunNumbers(emulated.client, table),
    gate: makeDynamoLiveGate(emulated.client, table),
    subscriptions: makeDynamoSubscriptionStore(emulated.client, table),
  };
}

async function inMemory(): Promise<Stores> {
  const subscriptions = new MemorySubscriptionStore();
  const gate = memoryLiveGate(subscriptions);
  return { replays: new MemoryReplayStore(), runs: new MemoryRunNumbers(), gate, subscriptions };
}

function aReplay(differences: Partial<Replay> = {}): Replay {
  const times = { subscribedAt: at, from: at, to: at };
  const asked = {
    subscriptionId: 'sub_1',
    run: 1,
    selector: 'manage/orders',
    ratePerSecond: 0.5,
    holdsLive: true,
  };
  return { ...newReplay({ ...asked, ...times }, at), ...differences };
}

const full = aReplay({
  ...{ state: 'done', reason: 'x', phase: 'sweeping', found: 3, sent: 2, lastSent: ['a', 'b'] },
  place: { topics: ['manage/a', 'manage/b'], moreTopics: 'token', after: '0001' },
  madeBy: { seed: 's', digest: 'd' },
  ...{ sendingUntil: at, sweepAt: at, failingSince: at, leaseUntil: at, endedAt: at },
});

describe.each([
  ['in memory', inMemory],
  ['on DynamoDB', onDynamo],
] as const)('replays %s', (_, makeStores) => {
  let stores: Stores;
  beforeEach(async () => {
    stores = await makeStores();
  });

  it('are kept as they were written', async () => {
    const { from: _from, ...fromStart } = aReplay({ run: 2 });
    for (const replay of [full, fromStart]) {
      await stores.replays.create(replay);
      expect(await stores.replays.find(replay)).toEqual(replay);
    }
    expect(await stores.replays.find({ subscriptionId: 'sub_1', run: 3 })).toBeUndefined();
    expect(await stores.replays.find({ subscriptionId: 'sub_2', run: 1 })).toBeUndefined();
  });

  it('are written once per version, and made once', async () => {
    const { replays } = stores;
    expect(await replays.create(aReplay())).toBe('created');
    expect(await replays.create(aReplay({ found: 99 }))).toBe('already_exists');
    expect((await replays.find(aReplay()))?.found).toBe(0);
    const second = aReplay({ version: 2, sent: 1 });
    expect(await replays.write(aReplay({ version: 3 }))).toBe('conflict');
    expect([await replays.write(second), await replays.write(second)]).toEqual(['written', 'conflict']);
    expect(await replays.write(aReplay({ run: 7, version: 2 }))).toBe('conflict');
  });

  it('of a subscription are listed, the newest run first', async () => {
    for (const run of [1, 2, 10, 9]) {
      await stores.replays.create(aReplay({ run }));
    }
    await stores.replays.create(aReplay({ subscriptionId: 'sub_2', run: 11 }));
    const runs = async (limit: number) => (await stores.replays.list('sub_1', limit)).map(({ run }) => run);
    expect(await runs(10)).toEqual([10, 9, 2, 1]);
    expect(await runs(2)).toEqual([10, 9]);
    const below = (await stores.replays.list('sub_1', 2, 10)).map(({ run }) => run);
    expect(below).toEqual([9, 2]);
    expect(await stores.replays.list('sub_1', 2, 1)).toEqual([]);
  });

  it('are found by who goes on with them, until they are forgotten', async () => {
    const { replays } = stores;
    const subscriptionIds = Array.from({ length: 130 }, (_, index) => `sub_${index}`);
    await Promise.all(subscriptionIds.map((subscriptionId) => replays.create(aReplay({ subscriptionId }))));
    const first = await replays.unfinished();
    const second = await replays.unfinished(first.next);
    expect(second.next).toBeUndefined();
    const found = [...first.pointers, ...second.pointers].map(({ subscriptionId }) => subscriptionId);
    expect(found.sort()).toEqual(subscriptionIds.sort());
    expect(first.pointers[0]).toEqual({ subscriptionId: found[0], run: 1, createdAt: at });
    for (const subscriptionId of [...subscriptionIds.slice(1), 'sub_1']) {
      await replays.forget({ subscriptionId, run: 1 });
    }
    const left = await replays.unfinished();
    expect(left.pointers.map(({ subscriptionId }) => subscriptionId)).toEqual([subscriptionIds[0]]);
    expect(await replays.find({ subscriptionId: 'sub_1', run: 1 })).toBeDefined();
  });

  it('are numbered from 1, each number once', async () => {
    const { runs } = stores;
    const numbers = await Promise.all(Array.from({ length: 8 }, () => runs.next('sub_1')));
    expect(numbers.sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await runs.takeFirst('sub_2');
    await runs.takeFirst('sub_2');
    expect(await runs.next('sub_2')).toBe(2);
    await runs.takeFirst('sub_2');
    expect(await runs.next('sub_2')).toBe(3);
  });

  it('let the live deliveries of their subscription go, if these wait for this run', async () => {
    const { gate, subscriptions } = stores;
    const waiting = aSubscription({ replaying: 1 });
    await subscriptions.create(waiting);
    expect((await subscriptions.find(waiting.id))?.replaying).toBe(1);
    await gate.open(waiting, 2);
    expect((await subscriptions.find(waiting.id))?.replaying).toBe(1);
    await gate.open(waiting, 1);
    await gate.open(waiting, 1);
    const { replaying: _, ...open } = waiting;
    expect(await subscriptions.find(waiting.id)).toEqual(open);
    const gone = aSubscription({ id: 'sub_00000000000000xx' });
    await gate.open(gone, 1);
    expect(await subscriptions.findMany([gone])).toEqual(new Map());
  });
});

describe('replays on DynamoDB', () => {
  it('are looked up for 30 days after their end, and led to before they are there', async () => {
    const { replays } = await onDynamo();
    const endedAt = new Date(now - 31 * 86_400_000).toISOString();
    await replays.create(aReplay({ endedAt, state: 'done' }));
    expect(await replays.find(aReplay())).toBeUndefined();
    expect(await replays.list('sub_1', 5)).toEqual([]);
    const sent: unknown[] = [];
    const failing = {
      send: async (command: PutCommand) => {
        sent.push(command.input.Item?.sort);
        throw new Error('down');
      },
    } as unknown as DynamoDBDocumentClient;
    const down = makeDynamoReplayStore(failing, table);
    await expect(down.create(aReplay())).rejects.toThrow('down');
    expect(sent).toEqual([pointerRowKey(aReplay()).sort]);
  });
});
