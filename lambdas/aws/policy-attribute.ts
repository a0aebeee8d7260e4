import type { DeliveryPolicy, DisableRule } from '../../core/topics/subscriptions/subscription';
import type { Row } from './row';

/** A policy as it lies on a subscription's row; what is `undefined` is left out. */
export function toPolicyAttribute(policy: DeliveryPolicy): Row {
  return {
    success: policy.success,
    final_statuses: policy.finalStatuses,
    schedule_seconds: policy.scheduleSeconds,
    repeat_seconds: policy.repeatSeconds,
    longest_seconds: policy.longestSeconds,
    jitter: policy.jitter,
    jitter_adds: policy.jitterAdds,
    heeds_answers: policy.heedsAnswers,
    timeout_seconds: policy.timeoutSeconds,
    concurrency: policy.concurrency,
    rate_per_second: policy.ratePerSecond,
    circuit: policy.circuit,
    disable: policy.disable,
  };
}

/** The attribute comes from our own store, so its shape is trusted. */
export function toPolicy(attribute: Row): DeliveryPolicy {
  const { concurrency, rate_per_second, circuit, disable, repeat_seconds, longest_seconds } = attribute;
  return {
    success: attribute.success as DeliveryPolicy['success'],
    finalStatuses: attribute.final_statuses as number[],
    scheduleSeconds: attribute.schedule_seconds as number[],
    jitter: attribute.jitter as number,
    timeoutSeconds: attribute.timeout_seconds as number,
    ...(repeat_seconds !== undefined && { repeatSeconds: repeat_seconds as number }),
    ...(longest_seconds !== undefined && { longestSeconds: longest_seconds as number }),
    ...(attribute.jitter_adds === true && { jitterAdds: true as const }),
    ...(attribute.heeds_answers === false && { heedsAnswers: false as const }),
    ...(concurrency !== undefined && { concurrency: concurrency as number }),
    ...(rate_per_second !== undefined && { ratePerSecond: rate_per_second as number }),
    ...(circuit !== undefined && { circuit: circuit as boolean }),
    ...(disable !== undefined && { disable: disable as DisableRule }),
  };
}
