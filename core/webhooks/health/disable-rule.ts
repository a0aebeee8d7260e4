import type { DisableRule, TargetHealth } from '../../topics/subscriptions/subscription';

/** Somebody who was down on one quiet day has not been failing all the time: so many failures there must be. */
const LEAST_FAILURES_BY_TIME = 10;

const HOUR_MILLISECONDS = 3_600_000;

/** When an owner is warned, in percent of the rule; at 100 the subscription is switched off. */
const warningPercents = [90, 70, 50] as const;

/** How far failures have come on their way to switch a subscription off: whole percent, 100 and more switch it off. */
export function disableProgress(rule: DisableRule | undefined, health: TargetHealth, now: Date): number {
  const byCount = rule?.failures === undefined ? 0 : (100 * health.failures) / rule.failures;
  const isTimed = health.failingSince !== undefined && health.failures >= LEAST_FAILURES_BY_TIME;
  const failingHours = isTimed
    ? (now.getTime() - Date.parse(health.failingSince ?? '')) / HOUR_MILLISECONDS
    : 0;
  const byTime = rule?.hours === undefined ? 0 : (100 * failingHours) / rule.hours;
  return Math.floor(Math.max(byCount, byTime));
}

/** The warning that is due and was not given yet. */
export function warningDue(progress: number, { warnedPercent = 0 }: TargetHealth): number | undefined {
  const reached = warningPercents.find((percent) => percent <= progress);
  return reached !== undefined && reached > warnedPercent && progress < 100 ? reached : undefined;
}
