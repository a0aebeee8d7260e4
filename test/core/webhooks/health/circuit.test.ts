import fc from 'fast-check';
import type { TargetHealth } from '../../../../core/topics/subscriptions/subscription';
import type { Attempt } from '../../../../core/webhooks/deliveries/delivery';
import {
  circuitAfter,
  circuitGate,
  isUnavailable,
  usesCircuit,
} from '../../../../core/webhooks/health/circuit';
import { aSubscription } from '../../../support/deliveries';

const now = new Date('2026-11-20T10:00:00.000Z');
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

function anAttempt(status: number | undefined): Attempt {
  const failure = status === undefined ? 'timeout' : `status_${status}`;
  return { number: 1, at: now.toISOString(), milliseconds: 1, failure, ...(status && { status }) };
}

function opened(health: Partial<TargetHealth>, status: number | undefined, options: object = {}) {
  return circuitAfter({
    format: 'standard',
    health: { failures: 9, unavailable: 1, ...health },
    attempt: anAttempt(status),
    wasProbe: false,
    now,
    ...options,
  });
}

describe('circuitAfter', () => {
  it.each([undefined, 500, 503, 429])(
    'opens for 30 s at the fifth unavailable answer in a row (%s)',
    (status) => {
      expect(opened({ unavailable: 4 }, status === 429 ? 503 : status)).toBeUndefined();
      expect(opened({ unavailable: 5 }, status)).toEqual({ openUntil: inSeconds(30), opens: 1 });
    },
  );

  it('stays open for as long as a receiver of CloudEvents asks by 429, up to a day', () => {
    const asked = (status: number, seconds: number, format = 'cloudevents') =>
      opened({ unavailable: 1 }, status, { format, retryAfter: `${seconds}` })?.openUntil;
    expect(asked(429, 7200)).toBe(inSeconds(7200));
    expect(asked(429, 999_999)).toBe(inSeconds(86_400));
    expect(asked(502, 7200)).toBe(inSeconds(900));
    expect(asked(429, 7200, 'standard')).toBe(inSeconds(900));
  });

  it('does not open for answers that show that somebody is there', () => {
    expect(opened({ failures: 500, unavailable: 0 }, 404)).toBeUndefined();
    expect(isUnavailable({ status: 499 })).toBe(false);
    expect(isUnavailable({ failure: 'request_invalid' })).toBe(false);
  });

  it('opens twice as long after each failed probe, at most 15 minutes', () => {
    let circuit = { openUntil: inSeconds(-1), opens: 1 };
    const seconds = [1, 2, 3, 4, 5, 6, 7].map(() => {
      circuit = opened({ unavailable: 6, circuit }, 500, { wasProbe: true }) as typeof circuit;
      const length = (Date.parse(circuit.openUntil) - now.getTime()) / 1000;
      circuit = { ...circuit, openUntil: inSeconds(-1) };
      return length;
    });
    expect(seconds).toEqual([60, 120, 240, 480, 900, 900, 900]);
  });

  it('is left as it is by those who were under way when it opened', () => {
    const circuit = { openUntil: inSeconds(20), opens: 1 };
    expect(opened({ unavailable: 9, circuit }, 500)).toBeUndefined();
    expect(
      opened({ unavailable: 9, circuit: { ...circuit, openUntil: inSeconds(-5) } }, 500),
    ).toBeUndefined();
  });

  it.each([
    [429, '120', 120],
    [502, undefined, 10],
    [504, '99999999', 900],
    [429, 'soon', 10],
    [429, '0', 1],
  ])('leaves a target alone at once that answers %s with Retry-After %s', (status, retryAfter, seconds) => {
    expect(opened({}, status, { retryAfter })).toEqual({ openUntil: inSeconds(seconds), opens: 0 });
  });

  it('pauses again, without growing, when a pause ends in another request for one', () => {
    const circuit = { openUntil: inSeconds(-1), opens: 0 };
    const again = opened({ unavailable: 2, circuit }, 429, { wasProbe: true, retryAfter: '7' });
    expect(again).toEqual({ openUntil: inSeconds(7), opens: 0 });
    expect(opened({ unavailable: 2, circuit }, 503, { wasProbe: true })).toEqual({
      openUntil: inSeconds(30),
      opens: 1,
    });
  });

  it('never takes back what a longer pause has promised', () => {
    const circuit = { openUntil: inSeconds(600), opens: 0 };
    expect(opened({ circuit }, 429, { retryAfter: '5' })).toBeUndefined();
    expect(opened({ circuit }, 429, { retryAfter: '700' })).toEqual({ openUntil: inSeconds(700), opens: 0 });
  });

  it('is never open for longer than 15 minutes, whatever a target says', () => {
    fc.assert(
      fc.property(
        fc.record({ unavailable: fc.nat(99), opens: fc.nat(40), wasProbe: fc.boolean() }),
        fc.oneof(fc.constant(undefined), fc.integer({ min: 300, max: 599 })),
        fc.option(fc.oneof(fc.nat().map(String), fc.string()), { nil: undefined }),
        ({ unavailable, opens, wasProbe }, status, retryAfter) => {
          const circuit = { openUntil: inSeconds(-1), opens };
          const next = opened({ unavailable, circuit }, status, { wasProbe, retryAfter });
          const seconds = next ? (Date.parse(next.openUntil) - now.getTime()) / 1000 : 1;
          expect(seconds).toBeGreaterThan(0);
          expect(seconds).toBeLessThanOrEqual(900);
          expect(Number.isFinite(next?.opens ?? 0)).toBe(true);
        },
      ),
    );
  });
});

describe('circuitGate', () => {
  const gate = (circuit: object, policy = {}, random = 0.5) =>
    circuitGate(
      aSubscription({
        health: { failures: 5, unavailable: 5, circuit: { openUntil: inSeconds(100), opens: 1, ...circuit } },
        policy: { ...aSubscription().policy, ...policy },
      }),
      now,
      random,
    );

  it('is closed for a target that never failed', () => {
    expect(circuitGate(aSubscription(), now, 0)).toEqual({ state: 'closed' });
  });

  it('keeps everybody back until it closes, and spreads those who come back', () => {
    expect(gate({}, {}, 0)).toEqual({ state: 'open', seconds: 100 });
    expect(gate({}, {}, 0.999)).toMatchObject({ seconds: expect.closeTo(120, 0) });
    expect(gate({ openUntil: inSeconds(1) }, {}, 0.999)).toMatchObject({ seconds: expect.closeTo(6, 0) });
  });

  it('lets one probe when its time is over, and keeps the others back for some seconds', () => {
    const half = { openUntil: inSeconds(0) };
    expect(gate(half)).toEqual({ state: 'half_open', circuit: { ...half, opens: 1 } });
    expect(gate({ ...half, probeUntil: inSeconds(20) })).toEqual({ state: 'open', seconds: 4 });
    expect(gate({ ...half, probeUntil: inSeconds(0) })).toMatchObject({ state: 'half_open' });
  });

  it('does not concern one-attempt policies, nor those who want none', () => {
    expect(gate({}, { scheduleSeconds: [] })).toEqual({ state: 'closed' });
    expect(gate({}, { circuit: false })).toEqual({ state: 'closed' });
    expect(usesCircuit({ ...aSubscription().policy, circuit: true })).toBe(true);
  });
});
