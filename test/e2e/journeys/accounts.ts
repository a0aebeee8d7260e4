import { type Answer, call } from '../../support/http-call';
import { freshName, type JourneyOf, send } from './journey';

/** Accounts and their keys, beside the tokens of an issuer. */
export function accounts(journey: JourneyOf): void {
  const as = (authorization: string, path: string, body?: unknown): Promise<Answer> =>
    call(journey().target.baseUrl, path, { body, headers: { authorization } });
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  async function anAccount(): Promise<string> {
    const made = await send(journey(), '/v1/accounts', { body: { name: freshName() } });
    expect(made).toMatchObject({ status: 201, json: { state: 'active' } });
    return made.json.id;
  }

  it('a key works as Bearer and as Basic on every function of the manage door, with its scopes alone', async () => {
    const id = await anAccount();
    const scopes = ['topics:read', 'subscriptions:read', 'deliveries:read'];
    const { json } = await send(journey(), `/v1/accounts/${id}/keys`, { body: { name: 'laptop', scopes } });
    expect(json.key).toMatch(/^cwk_[\w-]{43}$/);
    for (const authorization of [
      `Bearer ${json.key}`,
      basic(`${json.key}:`),
      basic(`${json.id}:${json.key}`),
    ]) {
      for (const path of ['/v1/topics', '/v1/subscriptions', `/v1/accounts/${id}`]) {
        expect(await as(authorization, path)).toMatchObject({ status: 200 });
      }
    }
    const key = `Bearer ${json.key}`;
    expect(await as(key, '/v1/topics', { name: 'x' })).toMatchObject({ status: 403 });
    expect(await as(key, '/v1/accounts')).toMatchObject({ status: 403 });
    for (const path of ['/v1/deliveries?event_id=x', '/v1/events/x', '/v1/erasures/x']) {
      expect((await as(key, path)).status).not.toBe(401);
    }
    // The doors of CIS take what they took.
    expect(await as(key, '/v2/user/user_id/x')).toMatchObject({ status: 401 });
  });

  it('a key that is rotated, revoked or suspended ends at once, with one and the same refusal', async () => {
    const id = await anAccount();
    const create = async () =>
      (await send(journey(), `/v1/accounts/${id}/keys`, { body: { scopes: ['topics:read'] } })).json;
    const [rotated, revoked, suspended] = [await create(), await create(), await create()];
    const path = (key: { id: string }) => `/v1/accounts/${id}/keys/${key.id}`;
    const next = await send(journey(), `${path(rotated)}/rotate`, { body: { overlap_hours: 0 } });
    expect(next).toMatchObject({ status: 201, json: { replaces: rotated.id } });
    expect(await send(journey(), path(revoked), { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await as(`Bearer ${suspended.key}`, '/v1/topics')).toMatchObject({ status: 200 });
    await send(journey(), `/v1/accounts/${id}`, { method: 'PATCH', body: { state: 'suspended' } });
    const refusals = [];
    for (const { key } of [rotated, revoked, suspended, next.json, { key: `cwk_${'x'.repeat(43)}` }]) {
      const { status, json } = await as(`Bearer ${key}`, '/v1/topics');
      refusals.push([status, json.code, json.detail]);
    }
    expect(new Set(refusals.map((one) => JSON.stringify(one))).size).toBe(1);
    expect(refusals[0]?.slice(0, 2)).toEqual([401, 'invalid_credentials']);
    await send(journey(), `/v1/accounts/${id}`, { method: 'PATCH', body: { state: 'active' } });
    expect(await as(`Bearer ${suspended.key}`, '/v1/topics')).toMatchObject({ status: 200 });
    expect(await as(`Bearer ${revoked.key}`, '/v1/topics')).toMatchObject({ status: 401 });
  });

  it('is made once under an Idempotency-Key, and its key is shown once', async () => {
    const headers = { 'idempotency-key': freshName() };
    const body = { name: freshName() };
    const [first, second] = [
      await send(journey(), '/v1/accounts', { body, headers }),
      await send(journey(), '/v1/accounts', { body, headers }),
    ];
    expect(second.json).toEqual(first.json);
    const keys = `/v1/accounts/${first.json.id}/keys`;
    const made = await send(journey(), keys, { body: { scopes: ['topics:read'] }, headers });
    const again = await send(journey(), keys, { body: { scopes: ['topics:read'] }, headers });
    expect(again.json).toMatchObject({ id: made.json.id, note: expect.stringContaining('rotate') });
    expect(again.text).not.toContain(made.json.key);
    const other = await send(journey(), keys, { body: { scopes: ['topics:write'] }, headers });
    expect(other).toMatchObject({ status: 409, json: { code: 'conflict' } });
  });

  it('takes what it owns with it when it is deleted', async () => {
    const id = await anAccount();
    const scopes = ['subscriptions:read', 'subscriptions:write'];
    const { key } = (await send(journey(), `/v1/accounts/${id}/keys`, { body: { scopes } })).json;
    const topic = freshName();
    await send(journey(), '/v1/topics', { body: { name: topic } });
    const target = `${journey().subscriber.url}/${topic}`;
    expect(await as(`Bearer ${key}`, '/v1/subscriptions', { topic, target })).toMatchObject({ status: 201 });
    expect(await send(journey(), `/v1/accounts/${id}`, { method: 'DELETE' })).toMatchObject({ status: 204 });
    expect(await as(`Bearer ${key}`, '/v1/subscriptions')).toMatchObject({ status: 401 });
    expect(await send(journey(), `/v1/accounts/${id}`)).toMatchObject({ status: 404 });
  });
}
