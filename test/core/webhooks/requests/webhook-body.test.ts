import {
  cisBody,
  isFormatFor,
  standardBody,
  webhookContent,
} from '../../../../core/webhooks/requests/webhook-body';
import { anEvent } from '../../../support/deliveries';

describe('standardBody', () => {
  it('keeps the text of the data, digit for digit', () => {
    const body = standardBody(anEvent({ dataJson: '{"n":12345678901234567890.10}' }));
    expect(Buffer.from(body).toString()).toBe(
      '{"type":"profile.created","timestamp":"2026-11-20T09:00:00.000Z","data":{"n":12345678901234567890.10}}',
    );
  });

  it('lets no topic name break out of its string', () => {
    const name = '","data":{},"x":"\\';
    const body = standardBody(anEvent({ topic: { door: 'manage', name } }));
    expect(JSON.parse(Buffer.from(body).toString())).toMatchObject({ type: name, data: { a: 1 } });
  });

  it('tells beside the data what the events door knows, and of other doors nothing', () => {
    const attributes = { jobid: 'job-7', actorid: 'USER-1', type: 'forged', timestamp: 'forged' };
    const bodyOf = (door: 'events' | 'manage') =>
      JSON.parse(Buffer.from(standardBody(anEvent({ topic: { door, name: 'a.B' }, attributes }))).toString());
    const plain = { type: 'a.B', timestamp: '2026-11-20T09:00:00.000Z', data: { a: 1 } };
    expect(bodyOf('events')).toEqual({ ...plain, jobid: 'job-7', actorid: 'USER-1' });
    expect(bodyOf('manage')).toEqual(plain);
  });
});

describe('cisBody', () => {
  it.each([
    ['profile.created', 'create'],
    ['profile.updated', 'update'],
    ['profile.deleted', 'delete'],
  ])('tells %s as %s, of whom, and when in seconds with a fraction', (name, operation) => {
    const event = anEvent({
      topic: { door: 'system', name },
      subject: 'ad|Mozilla-LDAP|ada "x"',
      time: '2026-11-20T09:00:00.250Z',
    });
    expect(Buffer.from(cisBody(event)).toString()).toBe(
      `{"operation":"${operation}","id":"ad|Mozilla-LDAP|ada \\"x\\"","time":1795165200.25}`,
    );
    expect(webhookContent({ id: 'sub_1', format: 'cis', target: 'https://x.test/' }, event)).toEqual({
      headers: { 'content-type': 'application/json' },
      body: cisBody(event),
    });
  });

  it('is for the topics of profiles alone', () => {
    expect(isFormatFor('cis', { door: 'system', name: 'profile.updated' })).toBe(true);
    expect(isFormatFor('cis', { door: 'manage', name: 'profile.updated' })).toBe(false);
    expect(isFormatFor('cis', { door: 'system', name: 'change.rejected' })).toBe(false);
    expect(isFormatFor('standard', { door: 'manage', name: 'orders' })).toBe(true);
  });
});
