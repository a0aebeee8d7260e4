import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ServiceFunction } from './service-function';

/** When to say that users are harmed. */
export interface Harm {
  /** What happens to whom, in one sentence without a full stop. */
  readonly harm: string;
  /** The paragraph of docs/runbook.md that says what to do. */
  readonly anchor: string;
  readonly metric: IMetric;
  /** The alarm rings above (or below, see `comparison`) this. */
  readonly threshold: number;
  /** @default GREATER_THAN_THRESHOLD */
  readonly comparison?: ComparisonOperator;
  /** Consecutive periods that it has to last. @default 1 */
  readonly periods?: number;
  /** Silence counts as harm: for what has to happen all the time. @default false */
  readonly silenceIsHarm?: boolean;
}

/** One minute: the finest that the services' own metrics have. */
export const minute = Duration.minutes(1);

/** Five minutes: long enough that one hiccup is not a page. */
export const fiveMinutes = Duration.minutes(5);

/** How CloudWatch is to be told. */
export function alarmProps({ harm, anchor, metric, threshold, comparison, periods, silenceIsHarm }: Harm) {
  return {
    metric,
    alarmDescription: `${harm}. What to do: docs/runbook.md#${anchor}`,
    threshold,
    comparisonOperator: comparison ?? ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: periods ?? 1,
    treatMissingData: silenceIsHarm ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  };
}

/** What has to run every minute does not. @param harm what does not happen then. */
export function tickHarm(harm: string, fn: ServiceFunction): Harm {
  return {
    harm: `${harm}: ${fn.stem} has not run for 10 minutes`,
    anchor: 'tick-stopped',
    metric: fn.function.metricInvocations({ period: fiveMinutes }),
    threshold: 1,
    comparison: ComparisonOperator.LESS_THAN_THRESHOLD,
    periods: 2,
    silenceIsHarm: true,
  };
}
