import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { EventRecord } from '../../../core/events/event';
import { decodeRecord } from '../../../core/stream-record';
import {
  createStream,
  createTables,
  type Emulators,
  kinesisClient,
  startEmulators,
  useEmulators,
} from '../../support/emulators';
import { startSecrets } from '../../support/secrets-server';
import { deliveryOf } from '../../support/stream-delivery';
import { unsignedToken } from '../../support/tokens';

/** The functions as they are deployed: own wiring, own environment, real clients, on emulators. */
const vector = (name: string) =>
  JSON.parse(readFileSync(path.join(__dirname, '../../vectors', `${name}.json`), 'utf8'));
const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

let emulators: Emulators;
let kinesis: KinesisClient;
let secrets: Awaited<ReturnType<typeof startSecrets>>;
const held = new Map<string, string>();

beforeAll(async () => {
  emulators = await startEmulators();
  held.set('cis-key', privateKey).set('publishers-jwks', '{}').set('publisher-rules', '{}');
  secrets = await startSecrets(held);
  useEmulators(emulators);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    ...{ VERIFY_TOKENS: 'false', JWKS_URI: '', TOKEN_ISSUER: '', TOKEN_AUDIENCE: '' },
    ...{ V2_WAIT_SECONDS: '1', ALLOW_DELETE: 'true', PUBLIC_METADATA: 'false' },
    ...{ CHANGES_STREAM_NAME: 'changes', EVENTS_STREAM_NAME: 'events' },
    ...{ PROFILES_TABLE_NAME: 'profiles', CHANGE_STATUSES_TABLE_NAME: 'change-statuses' },
    ...{ CIS_KEY_SECRET_ID: 'cis-key', PUBLISHERS_JWKS_SECRET_ID: 'publishers-jwks' },
    PUBLISHER_RULES_SECRET_ID: 'publisher-rules',
    ...{ VERIFY_SIGNATURES: 'true', VERIFY_PUBLISHERS: 'true', ALLOW_MINTED_IDENTIFIERS: 'false' },
    LOG_LEVEL: 'SILENT',
  });
  await createTables(emulators.dynamodbUrl);
  await createStream(emulators.kinesisUrl, 'changes', 1);
  await createStream(emulators.kinesisUrl, 'events', 1);
  kinesis = kinesisClient(emulators.kinesisUrl);
});
afterAll(async () => {
  kinesis.destroy();
  secrets.stop();
  await emulators.stop();
});

type Door = (event: APIGatewayProxyEvent) => Promise<{ statusCode: number; body: string }>;

async function ask(door: Door, event: object) {
  const headers = {
    authorization: `Bearer ${unsignedToken({ scope: 'write read:fullprofile display:all' })}`,
  };
  const request = { path: '/', headers, requestContext: {}, ...event };
  const reply = await door(request as unknown as APIGatewayProxyEvent);
  return { status: reply.statusCode, json: JSON.parse(reply.body) };
}

async function submit(profile: unknown): Promise<string> {
  const { handler } = await import('../../../lambdas/change/submit-change');
  const request = { httpMethod: 'POST', resource: '/change', body: JSON.stringify(profile) };
  const reply = await ask(handler, request);
  expect(reply).toMatchObject({ status: 200, json: { status_code: 200 } });
  return reply.json.sequence_number;
}

async function statusOf(sequenceNumber: string) {
  const { handler } = await import('../../../lambdas/change/read-change-status');
  const reply = await ask(handler, {
    httpMethod: 'GET',
    resource: '/change/status',
    queryStringParameters: { sequenceNumber },
  });
  return reply.json;
}

async function person(userId: string) {
  const { handler } = await import('../../../lambdas/person/read-person');
  const value = encodeURIComponent(encodeURIComponent(userId));
  const reply = await ask(handler, {
    httpMethod: 'GET',
    resource: '/v2/user/{by}/{value}',
    pathParameters: { by: 'user_id', value },
  });
  return reply.json;
}

async function integrateAll() {
  const { handler } = await import('../../../lambdas/change/integrate-changes');
  return handler(await deliveryOf(kinesis, 'changes'));
}

async function announced() {
  const { Records } = await deliveryOf(kinesis, 'events');
  return Records.flatMap(({ kinesis: { data } }) => {
    const decoded = decodeRecord(Buffer.from(data, 'base64'));
    return ((decoded as { value: EventRecord }).value.events ?? []).map(({ id, topic, dataJson }) => ({
      id,
      name: topic.name,
      ...JSON.parse(dataJson),
    }));
  });
}

describe('a signed change on its whole way', () => {
  const create = vector('create-by-ldap');
  const userId = String(create.user_id.value);
  const numbers: string[] = [];
  let forgedNumber = '';

  it('waits, ended by nobody, while the keys cannot be read', async () => {
    held.delete('publishers-jwks');
    numbers.push(await submit(create));
    expect(await statusOf(numbers[0] ?? '')).toEqual({ identity_vault: false });
    await expect(integrateAll()).rejects.toThrow('no value');
    expect(await statusOf(numbers[0] ?? '')).toEqual({ identity_vault: false });
    expect(await person(userId)).toEqual({});
  });

  it('is refused when its value was forged', async () => {
    const { handler } = await import('../../../lambdas/change/integrate-changes');
    forgedNumber = await submit({ ...vector('forged-value'), user_id: create.user_id });
    held.set('publishers-jwks', JSON.stringify(vector('publishers_jwks')));
    const Records = (await deliveryOf(kinesis, 'changes')).Records.filter(
      ({ kinesis: { sequenceNumber } }) => sequenceNumber === forgedNumber,
    );
    expect(await handler({ Records })).toEqual({ batchItemFailures: [] });
    expect(await statusOf(forgedNumber)).toMatchObject({ identity_vault: false, code: 'invalid_signature' });
    expect(await person(userId)).toEqual({});
  });

  it('is verified, integrated, told and announced', async () => {
    expect(await integrateAll()).toEqual({ batchItemFailures: [] });
    expect(await statusOf(numbers[0] ?? '')).toMatchObject({
      identity_vault: true,
      state: 'integrated',
      condition: 'create',
      user_id: userId,
    });
    expect((await person(userId)).user_id).toEqual(create.user_id);
    const told = (await announced()).filter(({ sequence_number }) => sequence_number === numbers[0]);
    expect(told).toMatchObject([
      { name: 'profile.created', user_id: userId, operation: 'create', sequence_number: numbers[0] },
      { name: 'change.integrated', user_id: userId, condition: 'create', sequence_number: numbers[0] },
    ]);
  });

  it('is followed by others of the same user, each with its own ending', async () => {
    for (const name of ['update-by-mozilliansorg', 'update-by-hris', 'publisher-not-allowed']) {
      numbers.push(await submit(vector(name)));
    }
    expect(await integrateAll()).toEqual({ batchItemFailures: [] });
    const statuses = await Promise.all(numbers.map(statusOf));
    expect(statuses.map(({ state, condition, code }) => condition ?? code ?? state)).toEqual([
      'create',
      'update',
      'update',
      'invalid_publisher',
    ]);
    const names = (await announced()).map(({ name, sequence_number }) => `${name} ${sequence_number}`);
    expect([...new Set(names)].filter((name) => !name.endsWith(` ${forgedNumber}`))).toEqual([
      `profile.created ${numbers[0]}`,
      `change.integrated ${numbers[0]}`,
      `profile.updated ${numbers[1]}`,
      `change.integrated ${numbers[1]}`,
      `profile.updated ${numbers[2]}`,
      `change.integrated ${numbers[2]}`,
      `change.rejected ${numbers[3]}`,
    ]);
  });

  it('is not changed by a rewind, and the same events have the same ids', async () => {
    const before = await person(userId);
    const ids = new Set((await announced()).map(({ id }) => id));
    expect(await integrateAll()).toEqual({ batchItemFailures: [] });
    expect(await person(userId)).toEqual(before);
    expect(new Set((await announced()).map(({ id }) => id))).toEqual(ids);
    // Three of profiles, and one for each of the five changes.
    expect(ids.size).toBe(3 + 5);
  });

  it('that is repeated is a noop', async () => {
    const again = await submit(create);
    await integrateAll();
    expect(await statusOf(again)).toMatchObject({ identity_vault: true, state: 'noop' });
  });
});

describe('the newer routes', () => {
  const create = vector('create-by-ldap');
  const userId = String(create.user_id.value);

  async function write(httpMethod: string, resource: string, body: unknown) {
    const { handler } = await import('../../../lambdas/change/submit-change');
    const reply = ask(handler, { httpMethod, resource, body: JSON.stringify(body) });
    // The consumer works at its own pace, beside the door that waits.
    await new Promise((resolve) => setTimeout(resolve, 150));
    await integrateAll();
    return reply;
  }

  it('answer what became of a change', async () => {
    expect(await write('POST', '/v2/user', create)).toEqual({
      status: 200,
      json: { condition: 'noop', sequence_number: null, status_code: 202 },
    });
    const refused = await write('POST', '/v2/user', vector('publisher-not-allowed'));
    expect(refused).toMatchObject({ status: 403, json: { code: 'invalid_publisher' } });
  });

  it('answer what became of each member of a batch', async () => {
    const reply = await write('PUT', '/v2/users', [create, vector('publisher-not-allowed'), { bogus: 1 }]);
    expect(reply).toMatchObject({
      status: 200,
      json: {
        ...{ creates: null, updates: null, status: 202 },
        rejected: [
          { index: 1, code: 'invalid_publisher' },
          { index: 2, code: 'schema_invalid', sequence_number: null },
        ],
      },
    });
    expect(await statusOf(reply.json.rejected[0].sequence_number)).toMatchObject({
      identity_vault: false,
      code: 'invalid_publisher',
    });
  });

  it('delete, and let the person come back as who they were', async () => {
    const before = await person(userId);
    const named = ['user_id', 'primary_email', 'uuid', 'primary_username'];
    const body = Object.fromEntries(named.map((name) => [name, before[name]]));
    const reply = await write('DELETE', '/v2/user', body);
    expect(reply).toEqual({
      status: 200,
      json: { condition: 'delete', message: `user profile deleted for user: ${userId}`, status: 200 },
    });
    expect(await person(userId)).toEqual({});
    expect((await announced()).filter(({ name }) => name === 'profile.deleted')).toMatchObject([
      { user_id: userId, uuid: before.uuid.value, operation: 'delete' },
    ]);
    // A rewind to the very beginning brings nobody back.
    await integrateAll();
    expect(await person(userId)).toEqual({});
    const again = await write('POST', '/v2/user', create);
    expect(again).toMatchObject({ status: 200, json: { condition: 'create' } });
    expect((await person(userId)).uuid.value).toBe(before.uuid.value);
  });
});
