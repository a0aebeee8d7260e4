import { randomBytes } from 'node:crypto';
import type { Event } from '../../../core/events/event';
import { eventSchema } from '../../../core/events/event-schema';
import { readEventRecord } from '../../../core/events/read-event-record';
import { encodeRecord } from '../../../core/stream-record';
import type { DuplicateRule } from '../../../core/webhooks/callbacks/callback-event';
import { adsBody } from '../../../core/webhooks/requests/webhook-body';
import { makeAdsDialect } from '../../../lambdas/shared/ads-dialect';
import { makeTriggerEvent } from '../../../lambdas/webhooks/trigger-event';
import { errorText, headerRefusals, openCallbackDoor, secretText } from '../../support/callback-doors';

let appended: Event[];
let trigger: ReturnType<typeof openCallbackDoor>;

beforeEach(() => {
  appended = [];
  trigger = openWith(true);
});

function openWith(leaveOut: DuplicateRule) {
  return openCallbackDoor(
    {
      name: 'trigger-event',
      dialect: makeAdsDialect(500),
      methods: ['POST'],
      wire: () =>
        makeTriggerEvent({
          triggerToken: secretText('trigger-token'),
          events: {
            async append(batches) {
              appended.push(...batches.flatMap(({ events }) => events));
            },
          },
          leaveOut,
          dedupeDays: 30,
          random: randomBytes,
          now: () => new Date('2026-11-20T12:00:00.750Z'),
        }),
    },
    'trigger-token',
  );
}

const accepted = { status: 200, text: '200\n' };
const callbackOf = (event: Event | undefined) => Buffer.from(adsBody({ ...event!, number: 7 })).toString();

describe('POST /trigger', () => {
  it('appends an event that the callback tells as the original did', async () => {
    expect(await trigger({ body: '{"payload": {"n":1.0}, "event": "relation_added"}' })).toMatchObject(
      accepted,
    );
    expect(appended).toEqual([
      {
        id: expect.stringMatching(/^evt_[\w-]{24}$/),
        topic: { door: 'webhooks', name: 'relation_added' },
        source: '/webhooks/trigger',
        time: '2026-11-20T12:00:00.750Z',
        dataJson: '{"n":1.0}',
        dedupe: { key: expect.stringMatching(/^[0-9a-f]{32}$/), days: 30 },
      },
    ]);
    expect(callbackOf(appended[0])).toBe(
      '{"id": 7, "event": "relation_added", "creator": "ADS", "source": "ADS.Discovery", ' +
        '"description": "ADS citation events", "time": "1795176000", "payload": {"n": 1.0}}',
    );
  });

  it('keeps every number, character and key of the payload', async () => {
    const payload =
      '{"i":12345678901234567890,"f":1.0,"e":1E5,"z":-0.0,"s":"é😀\\u007f/","k":{"b":1,"a":[]}}';
    await trigger({ body: `{"event":"t","payload":${payload},"extra":1}` });
    expect(appended[0]?.dataJson).toBe(payload);
    expect(callbackOf(appended[0])).toContain(
      '"payload": {"i": 12345678901234567890, "f": 1.0, "e": 1E5, "z": -0.0, ' +
        '"s": "\\u00e9\\ud83d\\ude00\\u007f/", "k": {"b": 1, "a": []}}}',
    );
  });

  it('names duplicates by the md5 of the original, over the whole body', async () => {
    const key = async (body: string) => {
      await trigger({ body });
      return appended.at(-1)?.dedupe?.key;
    };
    expect(await key('{"event":"nosubs","payload":null}')).toBe('62a7801f243fd9cc10607cbd5c5fc4c4');
    expect(await key(' {"payload" : null,\n"event":"nosubs"} ')).toBe('62a7801f243fd9cc10607cbd5c5fc4c4');
    const keys = [];
    for (const rest of ['"payload":1', '"payload":1.0', '"payload":null,"extra":1']) {
      keys.push(await key(`{"event":"nosubs",${rest}}`));
    }
    expect(new Set(keys).size).toBe(3);
  });

  it('leaves duplicates alone for the stage, or for the events that a setting names', async () => {
    const body = (event: unknown) => ({ event, payload: 1 });
    trigger = openWith(false);
    await trigger({ body: body('a') });
    trigger = openWith({ relation_added: false, other: true });
    for (const event of ['relation_added', 'other', 'a', 'toString', null]) {
      await trigger({ body: body(event) });
    }
    expect(appended.map(({ dedupe }) => dedupe !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it.each([
    ['', '""'],
    [null, 'null'],
    [5, '5'],
    [true, 'true'],
    ['sha256:abc', '"sha256:abc"'],
    ['é', '"\\u00e9"'],
    ['a/b:c#*', '"a/b:c#*"'],
    ['\ud800', '"\\ud800"'],
    ['\u0000\n', '"\\u0000\\n"'],
    ['x'.repeat(5000), JSON.stringify('x'.repeat(5000))],
  ])('delivers the event %j as it was sent, and dispatch can read it', async (event, json) => {
    expect(await trigger({ body: { event, payload: 1 } })).toMatchObject(accepted);
    expect(callbackOf(appended[0])).toContain(`"event": ${json}, `);
    expect(eventSchema.safeParse(appended[0])).toMatchObject({ success: true });
    const record = readEventRecord(encodeRecord({ v: 1, kind: 'events', events: appended }));
    expect(record).toEqual({ ok: true, events: appended });
  });

  it('takes no name for another one that it was hashed to', async () => {
    await trigger({ body: { event: '', payload: 1 } });
    await trigger({ body: { event: appended[0]?.topic.name, payload: 1 } });
    expect(appended[0]?.topic.name).toMatch(/^sha256:/);
    expect(appended[1]?.topic).not.toEqual(appended[0]?.topic);
  });

  it('takes a number for its text', async () => {
    await trigger({ body: { event: 5, payload: 1 } });
    await trigger({ body: { event: '5', payload: 1 } });
    expect(appended.map(({ topic }) => topic.name)).toEqual(['5', '5']);
    expect(appended[0]?.dedupe).not.toEqual(appended[1]?.dedupe);
  });

  it.each([
    ['{"payload":1}', 'no event was provided'],
    ['{"event":"a"}', 'no payload was provided'],
    ['{}', 'no event was provided'],
    ['[]', 'no event was provided'],
    ['nonsense', 'no event was provided'],
    ['', 'no event was provided'],
    ['{"event":"a","payload":NaN}', 'no event was provided'],
    ['{"event":"a","payload":Infinity}', 'no event was provided'],
    [`{"event":"a","payload":${'['.repeat(2000)}${']'.repeat(2000)}}`, 'no event was provided'],
    ['{"event":["a"],"payload":1}', 'error adding event to database: the event must be a string'],
    ['{"event":{},"payload":1}', 'error adding event to database: the event must be a string'],
  ])('refuses %.60s as the original did, and appends nothing', async (body, error) => {
    expect(await trigger({ body })).toMatchObject({ status: 500, text: errorText(error) });
    expect(appended).toEqual([]);
  });

  it('refuses what is larger than an event may be, with the limit', async () => {
    const body = { event: 'a', payload: 'x'.repeat(262_144) };
    const { status, text } = await trigger({ body });
    expect(status).toBe(413);
    expect(text).toContain('262144');
    expect(await trigger({ body: { ...body, extra: 'x'.repeat(1_000_000) } })).toMatchObject({ status: 413 });
    expect(appended).toEqual([]);
  });

  it.each(headerRefusals)('refuses the header %j', async (authorization, error) => {
    expect(await trigger({ authorization })).toMatchObject({
      status: 401,
      text: errorText(error),
    });
  });

  it('refuses another token before it looks at the body', async () => {
    expect(await trigger({ authorization: 'Bearer registration-token', body: '' })).toMatchObject({
      status: 401,
      text: '{"error": "incorrect trigger token was provided"}\n',
    });
  });
});
