import fc from 'fast-check';
import {
  consumerPolicy,
  growingWaits,
  LONGEST_RETRY_SECONDS,
  makeConsumer,
} from '../../../../core/messages/consumers/consumer';
import { applyPolicy } from '../../../../core/topics/subscriptions/delivery-policy';
import type { DeliveryPolicy } from '../../../../core/topics/subscriptions/subscription';
import { decideAfterAttempt } from '../../../../core/webhooks/attempts/decide-after-attempt';

const now = new Date('2026-11-20T10:00:00Z');

function decide(attempt: number, policy: DeliveryPolicy, changes: object = {}) {
  const result = { milliseconds: 3, status: 500, answer: '' };
  return decideAfterAttempt({
    ...{ policy, format: 'postoffice', attempt, scheduleStart: 1, result, now, random: 0 },
    ...changes,
  });
}

describe('consumerPolicy of type pubsub', () => {
  it('heeds that Google asks to slow down, where a subscriber of the original is not heeded', () => {
    const result = { milliseconds: 1, status: 429, answer: '' };
    expect(decide(1, consumerPolicy({ type: 'pubsub' }), { result })).toMatchObject({ delaySeconds: 60 });
    expect(decide(1, consumerPolicy({ type: 'http' }), { result })).toMatchObject({ delaySeconds: 16 });
  });
});

describe('the retries of a consumer', () => {
  it.each([
    [1, 16],
    [3, 17],
    [8, 19],
    [18, 31],
    [28, 79],
    [38, 271],
    [48, 1039],
    [58, 4111],
    [68, 16_399],
  ])('after attempt %d wait %d s, as by the original', (attempt, seconds) => {
    expect(decide(attempt, consumerPolicy({}))).toEqual({ outcome: 'postponed', delaySeconds: seconds });
  });

  it('wait up to a tenth longer, never shorter', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (k, random) => {
          const wait = growingWaits[k - 1] ?? 0;
          const { delaySeconds } = decide(k, consumerPolicy({}), { random }) as { delaySeconds: number };
          expect(delaySeconds).toBeGreaterThanOrEqual(wait);
          expect(delaySeconds).toBeLessThanOrEqual(Math.round(wait * 1.1));
        },
      ),
    );
  });

  it('end after three days: the attempt that would come later is not made', () => {
    let [elapsed, attempt] = [0, 1];
    for (;;) {
      const decided = decide(attempt, consumerPolicy({}), { elapsedSeconds: elapsed, random: 0.9 });
      if (decided.outcome !== 'postponed') {
        expect(decided).toEqual({ outcome: 'dead', reason: 'attempts_used_up' });
        break;
      }
      elapsed += decided.delaySeconds;
      attempt += 1;
    }
    expect(elapsed).toBeLessThanOrEqual(LONGEST_RETRY_SECONDS);
    expect(elapsed).toBeGreaterThan(LONGEST_RETRY_SECONDS / 2);
  });

  it('come at a fixed interval where one is given, however many, without jitter, for three days', () => {
    const policy = consumerPolicy({ secondsRetry: 30 });
    for (const attempt of [1, 2, 500, 8639]) {
      expect(decide(attempt, policy, { random: 0.9 })).toEqual({ outcome: 'postponed', delaySeconds: 30 });
    }
    const last = decide(9000, policy, { elapsedSeconds: LONGEST_RETRY_SECONDS - 29 });
    expect(last).toMatchObject({ outcome: 'dead' });
  });

  it.each([410, 429, 502, 504, 302, 404])('are those after any failure when the answer is %d', (status) => {
    const result = { milliseconds: 3, status, answer: '', retryAfter: '600' };
    expect(decide(1, consumerPolicy({}), { result })).toEqual({ outcome: 'postponed', delaySeconds: 16 });
  });

  it('keep what the door decided when /v1 changes something else', () => {
    const policy = consumerPolicy({ secondsRetry: 30 });
    expect(applyPolicy({ concurrency: 5 }, policy)).toEqual({ ...policy, concurrency: 5 });
    const rescheduled = applyPolicy({ schedule_seconds: [1] }, policy);
    expect(decide(2, rescheduled)).toMatchObject({ outcome: 'dead' });
  });
});

describe('makeConsumer', () => {
  const request = { topic: 'orders', target: 'app/in', type: 'http', active: false, fromNow: true } as const;
  const about = { id: 'sub_1', number: 7, owner: 'somebody', at: '2026-11-20T10:00:00.000Z' };
  const random = (count: number) => new Uint8Array(count).fill(1);

  it('is paused unless it is active, and keeps its target as it was given', () => {
    expect(makeConsumer(request, about, random)).toMatchObject({
      topic: { door: 'topics', name: 'orders' },
      target: 'app/in',
      format: 'postoffice',
      state: 'paused',
      consumer: { number: 7 },
    });
    expect(makeConsumer({ ...request, active: true, type: 'pubsub' }, about, random)).toMatchObject({
      format: 'pubsub',
      state: 'active',
    });
  });

  it.each([
    [undefined, 5],
    [null, 30],
    [1, 1],
    [12, 12],
    [3600, 30],
  ])(
    'a seconds_timeout of %s is a time-out of %d s, and shown as it was given',
    (secondsTimeout, seconds) => {
      const made = makeConsumer({ ...request, secondsTimeout }, about, random);
      expect(made.policy.timeoutSeconds).toBe(seconds);
      expect(made.consumer.secondsTimeout).toBe(secondsTimeout);
    },
  );
});
