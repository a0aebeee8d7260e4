import * as z from 'zod';
import { LONGEST_SCHEDULE_DAYS, MOST_WAITS } from '../../events/retention';
import type { DeliveryPolicy, DisableRule } from './subscription';

const HOUR = 3600;
const LONGEST_SCHEDULE_SECONDS = LONGEST_SCHEDULE_DAYS * 24 * HOUR;

/** What a subscription gets that asks for nothing else (design, section 8): ten attempts within three days. */
export const defaultPolicy: DeliveryPolicy = {
  success: '2xx',
  finalStatuses: [410],
  scheduleSeconds: [5, 300, 1800, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  jitter: 0.2,
  timeoutSeconds: 15,
  disable: { hours: 120, counts: 'in_a_row' },
};

const disableSchema = z
  .strictObject({
    failures: z.int().min(1).max(10_000).optional(),
    hours: z.number().min(1).max(720).optional(),
    counts: z.enum(['in_a_row', 'ever']).default('in_a_row'),
  })
  .refine(
    ({ failures, hours }) => failures !== undefined || hours !== undefined,
    'expected "failures", "hours" or both; null stands for never',
  );

/** A policy as callers send it: what is left out stays as it is, `null` takes a limit away. */
export const policySchema = z
  .strictObject({
    schedule_seconds: z
      .array(z.int().min(1).max(LONGEST_SCHEDULE_SECONDS))
      .max(MOST_WAITS)
      .refine(
        (waits) => waits.reduce((sum, wait) => sum + wait, 0) <= LONGEST_SCHEDULE_SECONDS,
        `the waits may add up to ${LONGEST_SCHEDULE_DAYS} days`,
      ),
    timeout_seconds: z.int().min(1).max(30),
    success: z.enum(['2xx', '200']),
    final_statuses: z.array(z.int().min(300).max(599)).max(50),
    jitter: z.number().min(0).max(1),
    concurrency: z.int().min(1).max(1000).nullable(),
    rate_per_second: z.number().min(0.01).max(1000).nullable(),
    circuit: z.boolean(),
    disable: disableSchema.nullable(),
  })
  .partial();

export type PolicyRequest = z.infer<typeof policySchema>;

/** The policy with what a request says of it; `null` takes away, what is not given stays. */
export function applyPolicy(request: PolicyRequest, base: DeliveryPolicy): DeliveryPolicy {
  const concurrency = given(request.concurrency, base.concurrency);
  const ratePerSecond = given(request.rate_per_second, base.ratePerSecond);
  const circuit = request.circuit ?? base.circuit;
  const disable = given(request.disable && toDisableRule(request.disable), base.disable);
  return {
    ...unasked(request, base),
    success: request.success ?? base.success,
    finalStatuses: request.final_statuses ?? base.finalStatuses,
    scheduleSeconds: request.schedule_seconds ?? base.scheduleSeconds,
    jitter: request.jitter ?? base.jitter,
    timeoutSeconds: request.timeout_seconds ?? base.timeoutSeconds,
    ...(concurrency !== undefined && { concurrency }),
    ...(ratePerSecond !== undefined && { ratePerSecond }),
    ...(circuit !== undefined && { circuit }),
    ...(disable && { disable }),
  };
}

/** What no caller asks for: the door that made it did. Another schedule has an end of its own. */
function unasked(
  { schedule_seconds }: PolicyRequest,
  { jitterAdds, heedsAnswers, repeatSeconds, longestSeconds }: DeliveryPolicy,
): Partial<DeliveryPolicy> {
  const isKept = schedule_seconds === undefined;
  return {
    ...(jitterAdds && { jitterAdds }),
    ...(heedsAnswers === false && { heedsAnswers }),
    ...(isKept && repeatSeconds !== undefined && { repeatSeconds }),
    ...(isKept && longestSeconds !== undefined && { longestSeconds }),
  };
}

function given<Value>(asked: Value | null | undefined, base: Value | undefined): Value | undefined {
  return asked === undefined ? base : (asked ?? undefined);
}

function toDisableRule({ failures, hours, counts }: z.infer<typeof disableSchema>): DisableRule {
  return {
    ...(failures !== undefined && { failures }),
    ...(hours !== undefined && { hours }),
    counts,
  };
}
