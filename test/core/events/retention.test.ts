import {
  DEAD_LETTER_DAYS,
  EVENT_RETENTION_DAYS,
  LONGEST_CIRCUIT_HOLD_HOURS,
  LONGEST_HOLD_DAYS,
  LONGEST_OUTAGE_DAYS,
  LONGEST_SCHEDULE_DAYS,
  LONGEST_UNCONFIRMED_DAYS,
  MOST_WAITS,
} from '../../../core/events/retention';
import { defaultPolicy, policySchema } from '../../../core/topics/subscriptions/delivery-policy';

describe('the retention of events', () => {
  it('outlives the most patient and most held delivery, and the dead letters after it', () => {
    const circuitDays = ((MOST_WAITS + 1) * LONGEST_CIRCUIT_HOLD_HOURS) / 24;
    const held = LONGEST_HOLD_DAYS + LONGEST_UNCONFIRMED_DAYS + circuitDays + LONGEST_OUTAGE_DAYS;
    expect(EVENT_RETENTION_DAYS).toBeGreaterThan(2 * LONGEST_SCHEDULE_DAYS + held + DEAD_LETTER_DAYS);
  });

  it('bounds every schedule that a subscription may ask for, the default one too', () => {
    const longest = Array(LONGEST_SCHEDULE_DAYS).fill(86_400);
    expect(policySchema.safeParse({ schedule_seconds: longest }).success).toBe(true);
    expect(policySchema.safeParse({ schedule_seconds: [...longest, 1] }).success).toBe(false);
    expect(policySchema.safeParse({ schedule_seconds: Array(MOST_WAITS).fill(1) }).success).toBe(true);
    expect(policySchema.safeParse({ schedule_seconds: Array(MOST_WAITS + 1).fill(1) }).success).toBe(false);
    const waits = defaultPolicy.scheduleSeconds.reduce((sum, wait) => sum + wait, 0);
    expect(waits).toBeLessThanOrEqual(LONGEST_SCHEDULE_DAYS * 86_400);
  });
});
