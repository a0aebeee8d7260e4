import { cloudEventAttributes } from '../../../core/events/cloud-event-attributes';
import type { Event } from '../../../core/events/event';
import { anEvent } from '../../support/deliveries';

const attributesOf = (changes: Partial<Event>) => cloudEventAttributes(anEvent(changes));

describe('cloudEventAttributes', () => {
  it('tell what the event is', () => {
    expect(attributesOf({ expiresAt: '2026-11-21T09:00:00.000Z' })).toEqual({
      specversion: '1.0',
      id: 'evt_1',
      source: '/profiles',
      type: 'profile.created',
      time: '2026-11-20T09:00:00.000Z',
      subject: 'ad|Mozilla-LDAP|jdoe',
      datacontenttype: 'application/json',
      expirytime: '2026-11-21T09:00:00.000Z',
    });
  });

  it('keep the id that its publisher gave it', () => {
    expect(attributesOf({ clientId: 'order-2' }).id).toBe('order-2');
  });

  it('tell what the events door knows: job, actor, category, entity, action and trace', () => {
    const attributes = {
      ...{ category: 'policies', entity: 'Policy', action: 'Issued', jobid: 'job-7' },
      ...{ actorid: 'USER-1', actortype: 'user' },
      ...{ traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`, tracestate: 'a=b' },
    };
    expect(
      attributesOf({ topic: { door: 'events', name: 'policies.PolicyIssued' }, attributes }),
    ).toMatchObject({
      ...attributes,
      type: 'policies.PolicyIssued',
    });
  });

  it('tell what the attributes of a message hold as texts, numbers and booleans', () => {
    const message = (attributesJson: string) =>
      attributesOf({ topic: { door: 'topics', name: 'orders' }, attributesJson });
    const {
      id: _,
      source: __,
      specversion: ___,
      type: ____,
      ...rest
    } = message(
      '{"Tenant": "a", "count": 12345678901234567890, "isNew": true, "none": null, "list": [1], "map": {}, "id": "x", "__proto__": "p"}',
    );
    expect(rest).toMatchObject({ tenant: 'a', count: '12345678901234567890', isnew: 'true', proto: 'p' });
    expect(Object.keys(rest)).not.toEqual(expect.arrayContaining(['none']));
    expect([message('[1]'), message('"x"'), message('null')].map((one) => Object.keys(one).length)).toEqual([
      7, 7, 7,
    ]);
  });

  it('tell the actor, of any door', () => {
    expect(attributesOf({ actor: { type: 'user', id: 'ada' } })).toMatchObject({
      actorid: 'ada',
      actortype: 'user',
    });
  });

  it('name extensions as CloudEvents do; the name that needs no change wins', () => {
    const names = (attributes: Record<string, string>) =>
      Object.entries(attributesOf({ attributes })).filter(([, text]) => text.startsWith('x'));
    expect(names({ 'Tenant-Id': 'x' })).toEqual([['tenantid', 'x']]);
    expect(names({ 'Tenant-Id': 'x1', tenantid: 'x2', TenantId: 'x3' })).toEqual([['tenantid', 'x2']]);
    expect(names({ 'a.b': 'x1', 'a-b': 'x2' })).toEqual([['ab', 'x2']]);
  });

  it('let no extension take the place of what the event is', () => {
    const forged = Object.fromEntries(
      [
        'Id',
        'type',
        'source',
        'SpecVersion',
        'subject',
        'time',
        'data',
        'data_base64x',
        'expiryTime',
        'schemaurl',
      ].map((name) => [name, 'forged']),
    );
    const { database64x, ...rest } = attributesOf({ attributes: forged });
    expect(database64x).toBe('forged');
    expect(Object.values(rest)).not.toContain('forged');
  });

  it('have a schema only where it is a URI', () => {
    const schemaOf = (dataschema: string) => attributesOf({ attributes: { dataschema } }).dataschema;
    expect(schemaOf('https://schemas.example/order.json#v2')).toBe('https://schemas.example/order.json#v2');
    expect(schemaOf('urn:order:v2')).toBe('urn:order:v2');
    for (const none of ['/relative', '', 'two words', 'https://x/%zz', 'http://[::::]/']) {
      expect(schemaOf(none)).toBeUndefined();
    }
  });

  it.each([
    ['/v1/events', '/v1/events'],
    ['https://shop.example:8443/a?b=c#d', 'https://shop.example:8443/a?b=c#d'],
    ['urn:uuid:1', 'urn:uuid:1'],
    ['http://[::1]:80/x', 'http://[::1]:80/x'],
    ['my shop/a', 'my%20shop/a'],
    ['a%zz', 'a%25zz'],
    ['1a:b', '1a%3Ab'],
    ['é\r\nx: y', '%C3%A9%0D%0Ax%3A%20y'],
    ['a[1]', 'a%5B1%5D'],
    ['\ud800', '%EF%BF%BD'],
  ])('have a URI-reference for a source: %j', (given, source) => {
    expect(attributesOf({ source: given }).source).toBe(source);
  });

  it('have a time with seconds', () => {
    expect(attributesOf({ time: '2026-11-20T21:04Z' }).time).toBe('2026-11-20T21:04:00.000Z');
    expect(attributesOf({ time: '2026-11-20T21:04:11.123456Z' }).time).toBe('2026-11-20T21:04:11.123456Z');
  });
});
