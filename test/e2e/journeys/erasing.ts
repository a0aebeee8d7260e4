import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { findStack } from '../../../local/running-stack';
import { type Answer, type Call, call } from '../../support/http-call';
import { newcomer } from '../../support/profile-documents';
import { root } from '../../support/source-files';
import { deliveryOf, freshName, type JourneyOf, publishAndWait, subscribe, until } from './journey';

type Row = Readonly<Record<string, unknown>>;

const run = promisify(execFile);
const scopes = [
  ...['erase', 'events:write', 'events:read', 'topics:write', 'deliveries:read', 'display:all'],
  ...['read:fullprofile'],
];

/** What is kept of a person everywhere, and what is left of it after an erasure and a rewind of both streams. */
export function erasing(journey: JourneyOf): void {
  const name = freshName();
  const subject = `ad|Mozilla-LDAP|${name}`;
  const topic = `orders-${freshName()}`;
  const paths = { good: `/${freshName()}`, slow: `/${freshName()}`, dead: `/${freshName()}` };
  const events: string[] = [];
  const subscriptions: Record<string, string> = {};
  let client: DynamoDBDocumentClient;
  let token: string;

  beforeAll(async () => {
    const { target } = journey();
    token = await target.token(scopes);
    const { endpoints } = findStack(target.home, target.baseUrl)!;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = DynamoDBDocumentClient.from(
      new DynamoDBClient({ endpoint: endpoints.dynamodb, region: 'us-east-1', credentials }),
    );
  });
  afterAll(() => client?.destroy());

  const send = (at: string, options: Call = {}): Promise<Answer> =>
    call(journey().target.baseUrl, at, { token, ...options });
  const posted = () => journey().subscriber.caught.filter(({ body }) => body.includes(name)).length;
  const publish = async (id: string, about: string) => {
    const body = { topic, id, subject: about, data: { of: about, item: 'a secret gift' } };
    const answer = await send('/v1/events', { body });
    expect(answer.status).toBe(202);
    return answer.json.events[0].id as string;
  };

  it('begins with a person whose events were delivered, are being retried, and are dead', async () => {
    const { subscriber, target } = journey();
    expect((await send('/v1/topics', { body: { name: topic } })).status).toBe(201);
    subscriber.answer(paths.slow, [{ status: 503 }]);
    subscriber.answer(paths.dead, [{ status: 500 }]);
    for (const [kind, schedule] of [
      ['good', [1]],
      ['slow', [7200]],
      ['dead', []],
    ] as const) {
      subscriptions[kind] = (await subscribe(journey(), paths[kind], { topic, schedule })).id;
    }
    await publishAndWait(journey(), newcomer(target.publisher('ldap'), name));
    const acted = { action: 'Sold', category: 'orders', entity: 'Order', data: { id: '0' } };
    const sold = await send('/events', { body: { ...acted, actor: { type: 'user', id: subject } } });
    expect(sold.status).toBe(201);
    for (const number of [1, 2, 3]) {
      events.push(await publish(`${topic}-${number}`, subject));
    }
    await publish(`${topic}-other`, 'somebody else');
    await subscriber.waitFor(4, paths.good);
    await subscriber.waitFor(4, paths.slow);
    await deliveryOf(journey(), subscriptions.dead!, 'dead');
    expect(await rowsAbout(name)).not.toEqual([]);
  });

  it('leaves no trace of the person in any table but the key that the receipt names', async () => {
    const asked = await send('/v1/erasures', { body: { subject } });
    expect(asked.status).toBe(202);
    const erasure = await until(
      async () => (await send(`/v1/erasures/${asked.json.id}`)).json,
      ({ state }) => state === 'completed',
      60_000,
    );
    expect(erasure.erased).toMatchObject({ profiles: 1, change_statuses: 1, deliveries: 9 });
    expect(erasure.receipt.map(({ store }: { store: string }) => store)).toContain('events-stream');
    expect(JSON.stringify(erasure)).not.toContain(name);
    await expectNoTrace();
  });

  it('answers 404 for the person’s events, and counts their deliveries as erased', async () => {
    for (const id of events) {
      expect((await send(`/v1/events/${id}`)).status).toBe(404);
      const { json } = await send(`/v1/events/${id}/ledger`);
      expect(json).toMatchObject({ fanned_out: 3, erased: 3, pending: 0, dead: 0, balanced: true });
    }
    const { json } = await send('/v1/deliveries?state=dead');
    expect(JSON.stringify(json.deliveries)).not.toContain(events[0]);
    expect((await send(`/v2/user/user_id/${encodeURIComponent(subject)}`)).json).toEqual({});
  });

  it('stays so when both streams are read again, and nobody gets another webhook', async () => {
    const before = posted();
    for (const stream of ['changes', 'events']) {
      const { records } = await rewind(stream);
      expect(records).toBeGreaterThan(0);
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await expectNoTrace();
    expect(posted()).toBe(before);
  });

  it('gives back what was lost by hand when the stream is read again, and posts nothing twice', async () => {
    const id = await publish(`${topic}-lost`, 'somebody else');
    await until(
      async () => (await send(`/v1/events/${id}`)).status,
      (status) => status === 200,
    );
    await journey().subscriber.waitFor(5, paths.good);
    const [lost] = (await allRows()).filter(
      ({ row }) => row.event_id === id && String(row.partition).startsWith('topic#'),
    );
    const { partition, sort } = lost!.row;
    await client.send(new DeleteCommand({ TableName: lost!.table, Key: { partition, sort } }));
    expect((await send(`/v1/events/${id}`)).status).toBe(404);
    await rewind('events');
    expect((await send(`/v1/events/${id}`)).json).toMatchObject({ id });
    const caught = journey().subscriber.caught.filter((webhook) => webhook.path === paths.good);
    expect(caught).toHaveLength(5);
  });

  async function rewind(stream: string): Promise<{ records: number }> {
    const { target } = journey();
    const words = ['rewind', '--stream', stream, '--since', '1h', '--base-url', target.baseUrl];
    const command = [path.join(root, 'bin/changewire.js'), ...words];
    const environment = { ...process.env, CHANGEWIRE_HOME: target.home };
    const { stdout } = await run(process.execPath, command, { env: environment });
    return JSON.parse(stdout);
  }

  async function expectNoTrace(): Promise<void> {
    const left = await rowsAbout(name);
    expect(left.map(({ table }) => table)).toEqual([expect.stringContaining('profiles')]);
    const { user_id, erased_at: _, erased_until: __, expires_at: ___, ...rest } = left[0]!.row;
    expect(user_id).toBe(subject);
    expect(JSON.stringify(rest)).not.toContain(name);
    expect(Object.keys(rest).sort()).toEqual(['last_sequence_number', 'last_shard_id', 'outbox', 'version']);
    expect(await rowsAbout('a secret gift')).toHaveLength(1);
  }

  /** The rows of every table that hold the text anywhere, gzipped or not. */
  async function rowsAbout(text: string): Promise<readonly { table: string; row: Row }[]> {
    return (await allRows()).filter(({ row }) => JSON.stringify(row).includes(text));
  }

  async function allRows(): Promise<readonly { table: string; row: Row }[]> {
    const { TableNames = [] } = await client.send(new ListTablesCommand({}));
    const found: { table: string; row: Row }[] = [];
    for (const table of TableNames) {
      let start: Row | undefined;
      do {
        const page = await client.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        found.push(...(page.Items ?? []).map((row) => ({ table, row: readable(row) })));
        start = page.LastEvaluatedKey;
      } while (start);
    }
    return found;
  }
}

function readable(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Uint8Array ? unpacked(value) : value]),
  );
}

function unpacked(bytes: Uint8Array): string {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return (isGzip ? gunzipSync(bytes) : Buffer.from(bytes)).toString('utf8');
}
