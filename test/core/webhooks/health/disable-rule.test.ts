import fc from 'fast-check';
import type { DisableRule, TargetHealth } from '../../../../core/topics/subscriptions/subscription';
import { disableProgress, warningDue } from '../../../../core/webhooks/health/disable-rule';

const now = new Date('2026-11-20T10:00:00.000Z');
const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

function progress(rule: Partial<DisableRule> | undefined, health: Partial<TargetHealth>): number {
  return disableProgress(
    rule && { counts: 'in_a_row', ...rule },
    { failures: 0, unavailable: 0, ...health },
    now,
  );
}

describe('disableProgress', () => {
  it('goes by the count: the last of the failures completes it, none before', () => {
    expect(progress({ failures: 5 }, { failures: 4 })).toBe(80);
    expect(progress({ failures: 5 }, { failures: 5 })).toBe(100);
    expect(progress({ failures: 10_000 }, { failures: 9999 })).toBe(99);
    expect(progress({ failures: 1 }, { failures: 1 })).toBe(100);
  });

  it('goes by the time since the first failure in a row, once there are ten', () => {
    const failing = { failingSince: hoursAgo(60) };
    expect(progress({ hours: 120 }, { ...failing, failures: 9 })).toBe(0);
    expect(progress({ hours: 120 }, { ...failing, failures: 10 })).toBe(50);
    expect(progress({ hours: 120 }, { failingSince: hoursAgo(120), failures: 10 })).toBe(100);
    expect(progress({ hours: 120 }, { failures: 99 })).toBe(0);
  });

  it('goes by whichever comes first, and never without a rule', () => {
    const health = { failures: 10, failingSince: hoursAgo(30) };
    expect(progress({ hours: 100, failures: 100 }, health)).toBe(30);
    expect(progress({ hours: 100, failures: 20 }, health)).toBe(50);
    expect(progress(undefined, { failures: 1e6, failingSince: hoursAgo(1e4) })).toBe(0);
  });

  it('reaches 100 at exactly the failure that the rule names', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(10_001), (failures, had) => {
        expect(progress({ failures }, { failures: had }) >= 100).toBe(had >= failures);
      }),
    );
  });
});

describe('warningDue', () => {
  it.each([
    [49, undefined, undefined],
    [50, undefined, 50],
    [69, 50, undefined],
    [70, 50, 70],
    [95, undefined, 90],
    [95, 90, undefined],
    [60, 70, undefined],
    [100, undefined, undefined],
  ])('at %d percent after a warning at %s is %s', (percent, warnedPercent, due) => {
    const health = { failures: 1, unavailable: 0, ...(warnedPercent && { warnedPercent }) };
    expect(warningDue(percent, health)).toBe(due);
  });
});
