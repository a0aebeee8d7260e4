import * as z from 'zod';
import { LONGEST_SCHEDULE_DAYS } from '../events/retention';
import type { DeliveryPolicy } from './subscription';

const HOUR = 3600;
const LONGEST_SCHEDULE_SECONDS = LONGEST_SCHEDULE_DAYS * 24 * HOUR;

/** What a subscription gets that asks for nothing else (design, section 8): ten attempts within three days. */
export const defaultPolicy: DeliveryPolicy = {
  success: '2xx',
  finalStatuses: [410],
  scheduleSeconds: [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  jitter: 0.2,
  timeoutSeconds: 15,
};

/** A policy as callers send it: what is left out stays as it is. */
export const policySchema = z
  .strictObject({
    schedule_seconds: z
      .array(z.int().min(1).max(LONGEST_SCHEDULE_SECONDS))
      .max(50)
      .refine(
        (waits) => waits.reduce((sum, wait) => sum + wait, 0) <= LONGEST_SCHEDULE_SECONDS,
        `the waits may add up to ${LONGEST_SCHEDULE_DAYS} days`,
      ),
    timeout_seconds: z.int().min(1).max(30),
    success: z.enum(['2xx', '200']),
    final_statuses: z.array(z.int().min(300).max(599)).max(50),
    jitter: z.number().min(0).max(1),
  })
  .partial();

export type PolicyRequest = z.infer<typeof policySchema>;

export function applyPolicy(request: PolicyRequest, base: DeliveryPolicy): DeliveryPolicy {
  return {
    success: request.success ?? base.success,
    finalStatuses: request.final_statuses ?? base.finalStatuses,
    scheduleSeconds: request.schedule_seconds ?? base.scheduleSeconds,
    jitter: request.jitter ?? base.jitter,
    timeoutSeconds: request.timeout_seconds ?? base.timeoutSeconds,
  };
}
