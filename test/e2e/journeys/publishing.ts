import { Webhook } from 'standardwebhooks';
import { changeOf, newcomer } from '../../support/profile-documents';
import {
  freshName,
  type JourneyOf,
  publish,
  publishAndWait,
  send,
  statusOf,
  subscribe,
  unsubscribe,
  webhookAbout,
} from './journey';

/** From a signed change to the integrated profile and the webhook. */
export function publishing(journey: JourneyOf): void {
  it('answers a health check', async () => {
    const answer = await send(journey(), '/health', { token: undefined });
    expect(answer).toMatchObject({ status: 200, json: { status: 'ok' } });
  });

  it('takes a change, tells its status, shows the person, and posts a webhook that verifies', async () => {
    const { target } = journey();
    const name = freshName();
    const subscription = await subscribe(journey(), `/${name}`);
    const sequenceNumber = await publish(journey(), newcomer(target.publisher('ldap'), name));
    expect(await statusOf(journey(), sequenceNumber)).toMatchObject({
      identity_vault: true,
      state: 'integrated',
      condition: 'create',
    });
    const anonymous = await send(journey(), `/change/status?sequenceNumber=${sequenceNumber}`, {
      token: undefined,
    });
    expect(anonymous.json).toEqual({ identity_vault: true, state: 'integrated' });

    const person = await readPerson(`ad|Mozilla-LDAP|${name}`);
    expect(person.last_name.value).toBe('Tester é中😀');
    expect(person.uuid.value).toMatch(/^[0-9a-f-]{36}$/);
    expect(person.uuid.signature.publisher).toMatchObject({
      name: 'cis',
      value: expect.stringMatching(/^ey/),
    });

    const webhook = await webhookAbout(journey(), `/${name}`, `ad|Mozilla-LDAP|${name}`);
    const event = new Webhook(subscription.secret).verify(webhook.body, { ...webhook.headers });
    expect(event).toMatchObject({
      type: 'profile.created',
      data: {
        user_id: `ad|Mozilla-LDAP|${name}`,
        uuid: person.uuid.value,
        operation: 'create',
        sequence_number: sequenceNumber,
      },
    });
    expect(webhook.body).not.toContain('Tester');
    await unsubscribe(journey(), subscription);
  });

  it('lets a second publisher change what is its own, and tells which attributes changed', async () => {
    const { target } = journey();
    const name = freshName();
    await publishAndWait(journey(), newcomer(target.publisher('ldap'), name));
    const subscription = await subscribe(journey(), `/${name}`, { topic: 'profile.updated' });
    const change = changeOf(target.publisher('mozilliansorg'), name, {
      first_name: 'Bea',
      fun_title: 'Tester',
    });
    expect(await publishAndWait(journey(), change)).toMatchObject({
      state: 'integrated',
      condition: 'update',
    });

    const person = await readPerson(`ad|Mozilla-LDAP|${name}`);
    expect([person.first_name.value, person.last_name.value]).toEqual(['Bea', 'Tester é中😀']);
    expect(person.first_name.signature.publisher.name).toBe('mozilliansorg');
    const webhook = await webhookAbout(journey(), `/${name}`, `ad|Mozilla-LDAP|${name}`);
    const { data } = JSON.parse(webhook.body);
    expect(data.changed).toEqual(expect.arrayContaining(['first_name', 'fun_title']));
    expect(data.changed).not.toContain('last_name');
    await unsubscribe(journey(), subscription);
  });

  it('finds a change that alters nothing to be a noop, and sends no webhook for it', async () => {
    const { target } = journey();
    const name = freshName();
    const profile = newcomer(target.publisher('ldap'), name);
    expect(await publishAndWait(journey(), profile)).toMatchObject({ state: 'integrated' });
    const subscription = await subscribe(journey(), `/${name}`, { topic: 'profile.updated' });
    expect(await publishAndWait(journey(), profile)).toMatchObject({ identity_vault: true, state: 'noop' });
    // Events of one person keep their order, so a webhook of the noop would be there before this one.
    const change = changeOf(target.publisher('mozilliansorg'), name, { first_name: 'Bea' });
    const sequenceNumber = await publish(journey(), change);
    const webhook = await webhookAbout(journey(), `/${name}`, `ad|Mozilla-LDAP|${name}`);
    expect(JSON.parse(webhook.body).data.sequence_number).toBe(sequenceNumber);
    await unsubscribe(journey(), subscription);
  });

  it('rejects what the publisher rules do not allow', async () => {
    const { target } = journey();
    const name = freshName();
    await publishAndWait(journey(), newcomer(target.publisher('ldap'), name));
    const change = changeOf(target.publisher('ldap'), name, { last_name: 'Changed' });
    expect(await publishAndWait(journey(), change)).toMatchObject({
      identity_vault: false,
      state: 'rejected',
      code: 'invalid_publisher',
    });
    const person = await readPerson(`ad|Mozilla-LDAP|${name}`);
    expect(person.last_name.value).toBe('Tester é中😀');
  });

  it('knows nothing of a sequence number that nobody gave', async () => {
    const answer = await send(journey(), '/change/status?sequenceNumber=123', { token: undefined });
    expect(answer).toMatchObject({ status: 200, json: { identity_vault: false } });
    expect(Object.keys(answer.json)).toEqual(['identity_vault']);
  });

  it('finds a person by each key, once the indexes have caught up', async () => {
    const { target } = journey();
    const name = freshName();
    await publishAndWait(journey(), newcomer(target.publisher('ldap'), name));
    const person = await readPerson(`ad|Mozilla-LDAP|${name}`);
    const keys = { uuid: person.uuid.value, primary_username: person.primary_username.value };
    for (const [by, value] of Object.entries({ ...keys, primary_email: `${name}@example.net` })) {
      const answer = await send(journey(), `/v2/user/${by}/${encodeURIComponent(value)}`);
      expect(answer.json.user_id?.value).toBe(`ad|Mozilla-LDAP|${name}`);
    }
  });

  async function readPerson(userId: string) {
    const answer = await send(
      journey(),
      `/v2/user/user_id/${encodeURIComponent(encodeURIComponent(userId))}`,
    );
    expect(answer.status).toBe(200);
    return answer.json;
  }
}
