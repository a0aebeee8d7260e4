import type { OriginSweeps } from '../../../core/messages/recovery/recover-ports';
import { makeDynamoOriginDirectory } from '../../../lambdas/aws/dynamo-origin-directory';
import { makeDynamoOriginSweeps } from '../../../lambdas/aws/dynamo-origin-sweeps';
import { makeDynamoTopicStore } from '../../../lambdas/aws/dynamo-topic-store';
import { useEmulatedTables } from '../../support/emulated-tables';
import { MemoryOriginSweeps } from '../../support/memory-origin';

const emulated = useEmulatedTables();
const origin = 'http://app.test/postoffice/messages/';
const at = (minute: number) => `2026-11-20T12:0${minute}:00.000Z`;

async function onDynamo(): Promise<OriginSweeps> {
  return makeDynamoOriginSweeps(emulated.client, (await emulated.fresh()).registry);
}

describe.each([
  ['in memory', async (): Promise<OriginSweeps> => new MemoryOriginSweeps()],
  ['on DynamoDB', onDynamo],
] as const)('the sweeps of origins %s', (_, makeSweeps) => {
  it('are one at a time, until the lease of one is over', async () => {
    const sweeps = await makeSweeps();
    const unknown = { origin, epoch: 0, isSettled: false };
    expect(await sweeps.claim(origin, { at: at(0), until: at(2) })).toEqual(unknown);
    expect(await sweeps.claim(origin, { at: at(1), until: at(3) })).toBeUndefined();
    expect(await sweeps.claim('http://other.test/', { at: at(1), until: at(3) })).toBeDefined();
    expect(await sweeps.claim(origin, { at: at(2), until: at(4) })).toEqual(unknown);
    // The first one comes to its end too late: the origin is not its own any more.
    await sweeps.release({ ...unknown, epoch: 9 }, { until: at(2) });
    expect(await sweeps.claim(origin, { at: at(3), until: at(5) })).toBeUndefined();
    await sweeps.release({ ...unknown, epoch: 1 }, { until: at(4) });
    expect(await sweeps.claim(origin, { at: at(3), until: at(5) })).toEqual({ ...unknown, epoch: 1 });
  });

  it('hand on the state as the last one left it, and no more', async () => {
    const sweeps = await makeSweeps();
    const full = { origin, epoch: 3, isSettled: true, failingSince: at(0), toldOf: 'x' };
    const plain = { origin, epoch: 4, isSettled: false };
    for (const state of [full, { ...plain, toldOf: 'y' }, { ...plain, failingSince: at(1) }, plain]) {
      await sweeps.claim(origin, { at: at(0), until: at(1) });
      await sweeps.release(state, { until: at(1) });
      expect(await sweeps.claim(origin, { at: at(0), until: at(2) })).toEqual(state);
      await sweeps.release(state, { until: at(2) });
    }
  });
});

describe('the directory of origins on DynamoDB', () => {
  it('has each origin of topics with recovery once, of the topics door alone', async () => {
    const { registry } = await emulated.fresh();
    const topics = makeDynamoTopicStore(emulated.client, registry);
    const make = (
      name: string,
      recovery?: { originHost: string; enabled: boolean },
      door = 'topics' as const,
    ) => topics.create({ key: { door, name }, createdAt: at(0), ...(recovery && { recovery }) });
    for (let index = 0; index < 120; index += 1) {
      await make(`t${index}`, { originHost: origin, enabled: true });
    }
    await make('off', { originHost: 'http://off.test/', enabled: false });
    await make('none');
    await make('other', { originHost: 'http://other.test/', enabled: true });
    await topics.create({
      key: { door: 'manage', name: 'topics/x' },
      createdAt: at(0),
      recovery: { originHost: 'http://manage.test/', enabled: true },
    });
    const found = await makeDynamoOriginDirectory(emulated.client, registry).enabled();
    expect(found.map(({ originHost }) => originHost).sort()).toEqual([origin, 'http://other.test/']);
  });
});
