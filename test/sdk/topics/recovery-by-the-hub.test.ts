import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Event } from '../../../core/events/event';
import type { EventBatch } from '../../../core/events/ports';
import { recoverOrigins } from '../../../core/messages/recovery/recover-origins';
import { makeHttpOriginClient } from '../../../lambdas/aws/http-origin-client';
import { toNodeListener } from '../../../sdk/receiver';
import { JsonText, MemoryBuffer, RecoveryEndpoint } from '../../../sdk/topics';
import { MemoryOriginSweeps, memoryDirectory } from '../../support/memory-origin';
import { MemoryTopicStore } from '../../support/memory-registry';
import { contentsOf, messageOf } from '../../support/message-buffers';

const credentials = { username: 'hub', password: 'se cret/@' };
const client = makeHttpOriginClient({ allow: true });
let buffer: MemoryBuffer;
let server: Server;
let batches: EventBatch[];

beforeEach(async () => {
  buffer = new MemoryBuffer();
  batches = [];
  server = createServer(toNodeListener(new RecoveryEndpoint(buffer, { credentials }), { path: '/messages' }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  jest.restoreAllMocks();
  server.close();
  server.closeAllConnections();
});

afterAll(() => client.close());

async function makeHub() {
  const topics = new MemoryTopicStore();
  await topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
  const { port } = server.address() as AddressInfo;
  const user = `${credentials.username}:${encodeURIComponent(credentials.password)}`;
  const ports = {
    directory: memoryDirectory(`http://${user}@127.0.0.1:${port}/messages/`),
    sweeps: new MemoryOriginSweeps(),
    client,
    topics,
    events: { append: async (given: readonly EventBatch[]) => void batches.push(...given) },
    now: () => new Date(),
    random: Math.random,
  };
  return {
    sweep: () => recoverOrigins(ports, () => undefined, new Date(Date.now() + 44_000)),
    /** What dispatch takes: an id once. */
    messages: () => {
      const events = new Map(batches.flatMap(({ events: some }) => some).map((event) => [event.id, event]));
      return [...events.values()].filter(({ topic }) => topic.door === 'topics').map(said);
    },
  };
}

function said({ dataJson, attributesJson }: Event) {
  return [dataJson, attributesJson];
}

describe('a buffer that a hub fetches', () => {
  it('is empty afterwards but for what has its time still to come; the hub has every message, once and as it was', async () => {
    await buffer.append([
      messageOf('1', { payloads: [new JsonText('{"total":1.50}')], attributes: { kind: 'x' } }),
      messageOf('2', { kind: 'bulk', payloads: [1, null, 'three'], attributes: { of: 'a bulk' } }),
      messageOf('3', { payloads: ['refused'] }),
      messageOf('4', { kind: 'scheduled', scheduleAt: '2020-01-01T00:00:00.000Z', payloads: ['due'] }),
      messageOf('5', { kind: 'scheduled', scheduleAt: '9999-01-01T00:00:00.000Z' }),
    ]);
    await buffer.refuse('3', { reason: 'answered 400: no', status: 400 });
    const { sweep, messages } = await makeHub();
    expect(await sweep()).toMatchObject({ messages: 6, refused: 0, unreachable: 0 });
    await sweep();
    expect(await contentsOf(buffer)).toEqual({ waiting: ['5'], refused: [] });
    expect(messages().sort()).toEqual(
      [
        ['{"total":1.50}', '{"kind":"x"}'],
        ['1', '{"of":"a bulk"}'],
        ['null', '{"of":"a bulk"}'],
        ['"three"', '{"of":"a bulk"}'],
        ['"refused"', '{}'],
        ['"due"', '{}'],
      ].sort(),
    );
  });

  it('is fetched whole however long it is, past what the hub does not take, which stays', async () => {
    await buffer.append([messageOf('bad', { topic: 'unknown' })]);
    await buffer.append(Array.from({ length: 250 }, (_, n) => messageOf(`m${n}`)));
    const { sweep, messages } = await makeHub();
    expect(await sweep()).toMatchObject({ messages: 250, refused: 1 });
    expect(await contentsOf(buffer)).toEqual({ waiting: ['bad'], refused: [] });
    expect(new Set(messages().map(([payload]) => payload)).size).toBe(250);
  });

  it('brings a message once that could not be removed, refused meanwhile or not', async () => {
    await buffer.append([messageOf('1')]);
    const { sweep, messages } = await makeHub();
    jest.spyOn(console, 'warn').mockImplementation();
    const remove = jest.spyOn(buffer, 'remove').mockRejectedValue(new Error('the disk is full'));
    await sweep();
    await buffer.refuse('1', { reason: 'answered 400: no', status: 400 });
    await sweep();
    remove.mockRestore();
    await sweep();
    expect(await contentsOf(buffer)).toEqual({ waiting: [], refused: [] });
    expect(messages()).toEqual([['"1"', '{}']]);
  });

  it('brings what is said again under another key as another message', async () => {
    const { sweep, messages } = await makeHub();
    for (const id of ['1', '2']) {
      await buffer.append([messageOf(id, { payloads: ['ping'] })]);
      await sweep();
    }
    expect(messages()).toEqual([
      ['"ping"', '{}'],
      ['"ping"', '{}'],
    ]);
  });
});
