import { parseConfirmationMessage } from '../../../../core/webhooks/confirmation/confirmation-message';
import { parseOwnTargets } from '../../../../core/webhooks/targets/target-arn';
import { openSubscriptions, type SubscriptionsStage } from '../../../support/subscriptions-door';

const format = 'cloudevents';
const queue = 'arn:aws:sqs:eu-central-1:123456789012:orders';
const host = { Host: 'api.example', 'X-Forwarded-Proto': 'https' };

let stage: SubscriptionsStage;
const asked = () =>
  stage.queue.asked.map(({ message, delaySeconds }) => [message.confirmationId, delaySeconds]);
const kept = (id: string) => stage.subscriptions.subscriptions.get(id);
const settle = (id: string, changes: object) => {
  const found = kept(id)!;
  const confirmation = { ...found.confirmation!, ...changes };
  stage.subscriptions.subscriptions.set(id, { ...found, confirmation });
};
const confirm = (id: string, headers: Record<string, string> = {}, call: object = {}) =>
  stage.one('POST', id, {
    resource: '/v1/subscriptions/{id}/confirm',
    headers: { ...host, ...headers },
    ...call,
  });

beforeEach(async () => {
  const own = { region: 'eu-central-1', account: '123456789012' };
  stage = await openSubscriptions(1, parseOwnTargets(JSON.stringify({ ...own, arns: [queue] })));
});

describe('the target of a subscription to CloudEvents', () => {
  it('is asked when it is made, by the host under which the API was called', async () => {
    const made = await stage.order({ format }, host);
    expect(made).toMatchObject({
      status: 201,
      body: {
        confirmation: {
          state: 'pending',
          origin: 'api.example',
          attempts: 0,
          asked_at: '2026-11-20T12:00:00.000Z',
        },
      },
    });
    const confirmation = kept(made.body.id)?.confirmation;
    expect(confirmation?.callbackUrl).toBe('https://api.example/confirmations');
    const [{ message, delaySeconds } = {}] = stage.queue.asked;
    expect(parseConfirmationMessage(JSON.parse(JSON.stringify(message)))).toEqual({
      ...{ v: 1, kind: 'confirmation', subscriptionId: made.body.id, via: 'manage/orders' },
      confirmationId: confirmation?.id,
      attempts: 0,
    });
    expect(delaySeconds).toBe(0);
  });

  it('is not asked for other formats, and not when it is an ARN', async () => {
    for (const body of [{}, { format: 'standard' }, { format, target: queue }]) {
      expect((await stage.order(body)).body).not.toHaveProperty('confirmation');
    }
    expect(asked()).toEqual([]);
  });

  it('is asked anew when it is another, and when the format begins to need it', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    const first = kept(id)?.confirmation?.id;
    settle(id, { state: 'granted', grantedAt: '2026-11-20T12:00:01.000Z', ratePerMinute: 60 });
    const change = (body: object) => stage.one('PATCH', id, { body, headers: host });
    expect((await change({ description: 'x' })).body.confirmation).toMatchObject({
      state: 'granted',
      allowed_rate_per_minute: 60,
    });
    const { target } = kept(id)!;
    expect((await change({ target })).body.confirmation.state).toBe('granted');
    const moved = (await change({ target: 'https://other.example/' })).body.confirmation;
    expect(moved).toMatchObject({ state: 'pending', attempts: 0 });
    expect(moved).not.toHaveProperty('allowed_rate_per_minute');
    expect(kept(id)?.confirmation?.id).not.toBe(first);
    expect(asked()).toHaveLength(2);
    expect((await change({ format: 'standard' })).body).not.toHaveProperty('confirmation');
    expect((await change({ format })).body.confirmation.state).toBe('pending');
    expect(asked()).toHaveLength(3);
  });

  it('is not taken to have agreed because another one did between two changes that meet', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    const { target } = kept(id)!;
    const { revise } = stage.subscriptions;
    let calls = 0;
    stage.subscriptions.revise = async (...given) => {
      calls += 1;
      if (calls === 1) {
        // This call has found the target as it stays; meanwhile somebody leads it elsewhere, where it is agreed to.
        await stage.one('PATCH', id, { body: { target: 'https://willing.example/' }, headers: host });
        settle(id, { state: 'granted', grantedAt: '2026-11-20T12:00:01.000Z' });
      }
      return revise.apply(stage.subscriptions, given);
    };
    const { status, body } = await stage.one('PATCH', id, { body: { target }, headers: host });
    expect([status, body.target, body.confirmation.state]).toEqual([200, target, 'pending']);
  });

  it('is asked once for a call that is repeated', async () => {
    const key = { ...host, 'Idempotency-Key': 'k' };
    const made = await stage.order({ format }, key);
    settle(made.body.id, { attempts: 1 });
    const again = await stage.order({ format }, key);
    expect(again.body.id).toBe(made.body.id);
    expect(asked()).toHaveLength(1);
  });

  it('is called over https, where the stage lets nothing private be called', async () => {
    const target = 'http://hooks.example/';
    expect(await stage.order({ format, target })).toMatchObject({
      status: 422,
      body: { code: 'target_refused' },
    });
    const { id } = (await stage.order({ target })).body;
    expect((await stage.one('PATCH', id, { body: { format } })).status).toBe(422);
    const secure = (await stage.order({ format })).body.id;
    expect((await stage.one('PATCH', secure, { body: { target } })).status).toBe(422);
  });

  it('shows its owner what it said, and never the keys that were handed out', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    settle(id, {
      ...{ attempts: 2, lastFailure: 'status_405', lastStatus: 405, nextAt: '2026-11-20T12:00:30.000Z' },
      callbackHashes: ['h4sh'],
    });
    const shown = await stage.one('GET', id);
    expect(shown.body.confirmation).toEqual({
      ...{ state: 'pending', origin: 'api.example', attempts: 2, asked_at: '2026-11-20T12:00:00.000Z' },
      ...{ next_attempt_at: '2026-11-20T12:00:30.000Z', last_failure: 'status_405', last_status: 405 },
    });
    expect(shown.text).not.toContain('h4sh');
  });

  it('takes the grant of the Python library where the owner says so, for CloudEvents alone', async () => {
    const made = await stage.order({ format, legacy_grant: true });
    expect(made).toMatchObject({ status: 201, body: { legacy_grant: true } });
    const refused = await stage.order({ legacy_grant: true });
    expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(refused.body.detail).toContain('legacy_grant');
    const { id } = (await stage.order()).body;
    expect((await stage.one('PATCH', id, { body: { legacy_grant: true } })).status).toBe(400);
    const changed = await stage.one('PATCH', made.body.id, { body: { legacy_grant: false } });
    expect(changed.body.legacy_grant).toBe(false);
  });
});

describe('POST /v1/subscriptions/{id}/confirm', () => {
  it('has the target asked again, whatever it has said', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    for (const state of ['refused', 'granted', 'pending']) {
      settle(id, { state });
      stage.clock.now += 60_000;
      const before = asked().length;
      const answer = await confirm(id);
      expect(answer).toMatchObject({
        status: 202,
        body: { confirmation: { state: 'pending', attempts: 0 } },
      });
      expect(asked()).toHaveLength(before + 1);
    }
  });

  it('is no way to flood a target', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    settle(id, { attempts: 1 });
    const before = kept(id)?.confirmation?.id;
    stage.clock.now += 9000;
    expect((await confirm(id)).status).toBe(202);
    expect([kept(id)?.confirmation?.id, asked().length]).toEqual([before, 1]);
  });

  it('can be repeated by an Idempotency-Key', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    stage.clock.now += 60_000;
    await confirm(id, { 'Idempotency-Key': 'k' });
    const { id: asking } = kept(id)!.confirmation!;
    settle(id, { state: 'granted', attempts: 1 });
    stage.clock.now += 60_000;
    const again = await confirm(id, { 'Idempotency-Key': 'k' });
    expect(again.body.confirmation.state).toBe('granted');
    expect([kept(id)?.confirmation?.id, asked().length]).toEqual([asking, 2]);
  });

  it('asks another target under another name, though the Idempotency-Key is the same', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    const again = async () => {
      stage.clock.now += 60_000;
      await confirm(id, { 'Idempotency-Key': 'k' });
      return kept(id)!.confirmation!;
    };
    const first = await again();
    await stage.one('PATCH', id, { body: { target: 'https://other.example/' }, headers: host });
    const second = await again();
    expect(second.id).not.toBe(first.id);
    // A worker still waits for what the first target says: that is no answer of the second one.
    stage.subscriptions.subscriptions.set(id, { ...kept(id)!, confirmation: { ...second, revision: 2 } });
    const late = { ...first, state: 'granted', revision: 3 } as const;
    await expect(stage.subscriptions.write(kept(id)!, late)).resolves.toBe('conflict');
  });

  it('writes nothing where the target is changed at the same moment', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    stage.clock.now += 60_000;
    const { revise } = stage.subscriptions;
    stage.subscriptions.revise = async (...given) => {
      stage.subscriptions.revise = revise;
      await stage.one('PATCH', id, { body: { target: 'https://other.example/' }, headers: host });
      return revise.apply(stage.subscriptions, given);
    };
    const moved = await confirm(id, { 'Idempotency-Key': 'k' });
    expect(moved).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(kept(id)?.target).toBe('https://other.example/');
  });

  it('is for the owner of what is to be asked', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    expect((await confirm(id, {}, { subject: 'mallory' })).status).toBe(404);
    expect((await confirm('sub_0000000000000000')).status).toBe(404);
    const standard = (await stage.order()).body.id;
    expect(await confirm(standard)).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await confirm(id, {}, { scope: 'subscriptions:read' })).status).toBe(403);
  });
});

describe('a subscription whose target was asked in vain', () => {
  it('takes no test event, and one whose target is being asked does', async () => {
    const { id } = (await stage.order({ format }, host)).body;
    const test = () => stage.one('POST', id, { resource: '/v1/subscriptions/{id}/test' });
    expect((await test()).status).toBe(202);
    settle(id, { state: 'refused' });
    const refused = await test();
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.body.detail).toContain('/confirm');
  });
});
