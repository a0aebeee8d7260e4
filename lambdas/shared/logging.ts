import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import type { FunctionName } from '../functions';

/**
 * Structured logs. Ids, codes, counts and durations go in; bodies, tokens, secrets and attribute values never.
 */
export function makeLogger(name: FunctionName): Logger {
  return new Logger({ serviceName: name });
}

/** Metrics in CloudWatch's embedded format: printed, never a call. */
export function makeMetrics(name: FunctionName): Metrics {
  return new Metrics({ namespace: 'Changewire', serviceName: name });
}
