import {
  DEAD_LETTER_DAYS,
  EVENT_RETENTION_DAYS,
  LONGEST_SCHEDULE_DAYS,
} from '../../../core/events/retention';
import { defaultPolicy, policySchema } from '../../../core/topics/delivery-policy';

describe('the retention of events', () => {
  it('outlives the longest schedule, twice as long at its most patient, and the dead letters after it', () => {
    expect(EVENT_RETENTION_DAYS).toBeGreaterThan(2 * LONGEST_SCHEDULE_DAYS + DEAD_LETTER_DAYS);
  });

  it('bounds every schedule that a subscription may ask for, the default one too', () => {
    const longest = Array(LONGEST_SCHEDULE_DAYS).fill(86_400);
    expect(policySchema.safeParse({ schedule_seconds: longest }).success).toBe(true);
    expect(policySchema.safeParse({ schedule_seconds: [...longest, 1] }).success).toBe(false);
    const waits = defaultPolicy.scheduleSeconds.reduce((sum, wait) => sum + wait, 0);
    expect(waits).toBeLessThanOrEqual(LONGEST_SCHEDULE_DAYS * 86_400);
  });
});
