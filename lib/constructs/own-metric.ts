import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { FunctionName } from '../../lambdas/functions';
import { fiveMinutes } from './alarms';

/** A metric that our own functions print (EMF). */
export function ownMetric(metricName: string, service: FunctionName): Metric {
  return new Metric({
    namespace: 'Changewire',
    metricName,
    dimensionsMap: { service },
    statistic: 'Sum',
    period: fiveMinutes,
  });
}
