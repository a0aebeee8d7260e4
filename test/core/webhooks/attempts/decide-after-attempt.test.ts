import fc from 'fast-check';
import type { DeliveryPolicy } from '../../../../core/topics/subscriptions/subscription';
import { decideAfterAttempt } from '../../../../core/webhooks/attempts/decide-after-attempt';
import { parseRetryAfter } from '../../../../core/webhooks/attempts/retry-after';
import { callbackPolicy } from '../../../../core/webhooks/callbacks/callback-subscription';
import type { TargetResult } from '../../../../core/webhooks/ports';

const now = new Date('2026-11-20T10:00:00Z');
const policy: DeliveryPolicy = {
  success: '2xx',
  finalStatuses: [404],
  scheduleSeconds: [5, 300, 7200],
  jitter: 0,
  timeoutSeconds: 15,
};

function answered(status: number, retryAfter?: string): TargetResult {
  return { milliseconds: 3, status, answer: '', ...(retryAfter !== undefined && { retryAfter }) };
}

function decide(result: TargetResult, changes: object = {}) {
  return decideAfterAttempt({
    policy,
    format: 'standard',
    attempt: 1,
    scheduleStart: 1,
    result,
    now,
    random: 0.5,
    ...changes,
  });
}

describe('decideAfterAttempt', () => {
  it.each([200, 201, 204, 299])('takes %d as delivered', (status) => {
    expect(decide(answered(status))).toEqual({ outcome: 'delivered' });
  });

  it('buries at once what can never succeed, whatever the policy says of its status', () => {
    const tooLarge = { milliseconds: 3, status: 413, answer: '', isFinal: true };
    expect(decide(tooLarge)).toEqual({ outcome: 'dead', reason: 'final_status' });
    expect(decide({ ...tooLarge, isFinal: false })).toMatchObject({ outcome: 'postponed' });
  });

  it('takes only 200 as delivered where the subscription says so', () => {
    const strict = { policy: { ...policy, success: '200' } };
    expect(decide(answered(200), strict)).toEqual({ outcome: 'delivered' });
    expect(decide(answered(204), strict)).toMatchObject({ outcome: 'postponed' });
  });

  it.each([100, 301, 302, 307, 400, 401, 500, 503])('tries again after %d', (status) => {
    expect(decide(answered(status))).toEqual({ outcome: 'postponed', delaySeconds: 5 });
  });

  it.each([429, 502, 504])(
    'waits for a minute at least after %d, and longer where the schedule says so',
    (status) => {
      expect(decide(answered(status))).toEqual({ outcome: 'postponed', delaySeconds: 60 });
      expect(decide(answered(status, '90'))).toEqual({ outcome: 'postponed', delaySeconds: 90 });
      expect(decide(answered(status), { attempt: 2 })).toEqual({ outcome: 'postponed', delaySeconds: 300 });
      const once = { policy: { ...policy, scheduleSeconds: [] } };
      expect(decide(answered(status), once)).toMatchObject({ outcome: 'dead' });
    },
  );

  it('tries again after every kind of missing answer, also one the guard refused: names change', () => {
    for (const failure of ['timeout', 'dns_failed', 'target_refused', 'closed_early'] as const) {
      expect(decide({ milliseconds: 1, failure })).toEqual({ outcome: 'postponed', delaySeconds: 5 });
    }
  });

  it('counts 410 as a failure like any other where failures are counted for ever', () => {
    const decided = decideAfterAttempt({
      policy: callbackPolicy,
      format: 'ads',
      attempt: 1,
      scheduleStart: 1,
      result: answered(410),
      now: new Date('2026-11-20T12:00:00.000Z'),
      random: 0.5,
    });
    expect(decided).toEqual({ outcome: 'dead', reason: 'attempts_used_up' });
  });

  it('gives up at once after 410 and after a final status', () => {
    expect(decide(answered(410))).toEqual({ outcome: 'dead', reason: 'gone' });
    expect(decide(answered(404))).toEqual({ outcome: 'dead', reason: 'final_status' });
  });

  it('gives up where the receiver of a CloudEvent does not understand its format, and says so', () => {
    const decided = decide(answered(415), { format: 'cloudevents' });
    expect(decided).toEqual({ outcome: 'dead', reason: 'format_not_understood' });
    expect(decide(answered(415))).toMatchObject({ outcome: 'postponed' });
  });

  it('walks the schedule, gives up after its end, and starts anew after a resend', () => {
    const waits = [1, 2, 3, 4].map((attempt) => decide(answered(500), { attempt }));
    expect(waits).toEqual([
      { outcome: 'postponed', delaySeconds: 5 },
      { outcome: 'postponed', delaySeconds: 300 },
      { outcome: 'postponed', delaySeconds: 7200 },
      { outcome: 'dead', reason: 'attempts_used_up' },
    ]);
    expect(decide(answered(500), { attempt: 5, scheduleStart: 5 })).toEqual(waits[0]);
  });

  it('makes one attempt only where the schedule is empty', () => {
    const once = { policy: { ...policy, scheduleSeconds: [] } };
    expect(decide(answered(500), once)).toEqual({ outcome: 'dead', reason: 'attempts_used_up' });
  });

  it.each([
    ['120', 120],
    ['Fri, 20 Nov 2026 10:02:00 GMT', 120],
    ['1', 5],
    ['99999999', 3600],
    ['9'.repeat(400), 3600],
    ['soon', 5],
    ['-5', 5],
  ])('honours Retry-After: %s within bounds', (retryAfter, delaySeconds) => {
    expect(decide(answered(503, retryAfter))).toEqual({ outcome: 'postponed', delaySeconds });
  });

  it('keeps every wait in its bounds, whatever the subscriber says', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.option(
          fc.oneof(
            fc.nat().map(String),
            fc.string(),
            fc.date({ noInvalidDate: true }).map((d) => d.toUTCString()),
          ),
        ),
        (wait, jitter, random, retryAfter) => {
          const decided = decide(answered(503, retryAfter ?? undefined), {
            policy: { ...policy, scheduleSeconds: [wait], jitter },
            random,
          });
          const delay = decided.outcome === 'postponed' ? decided.delaySeconds : Number.NaN;
          expect(Number.isInteger(delay)).toBe(true);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(wait * (1 - jitter)));
          expect(delay).toBeLessThanOrEqual(Math.max(2 * wait, 3600));
          if (retryAfter === null) {
            expect(delay).toBeLessThanOrEqual(Math.ceil(wait * (1 + jitter)));
          }
        },
      ),
    );
  });
});

describe('parseRetryAfter', () => {
  it.each(['', 'abc', '-5', '2.5', '2026-11-20', 'Friday the thirteenth'])('makes nothing of %j', (text) => {
    expect(parseRetryAfter(text, now)).toBeUndefined();
  });

  it('takes a date that has passed as no wait', () => {
    expect(parseRetryAfter('Fri, 20 Nov 2020 10:02:00 GMT', now)).toBe(0);
  });
});
