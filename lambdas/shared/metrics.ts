import { Metrics as Powertools } from '@aws-lambda-powertools/metrics';
import type { FunctionName } from '../functions';

export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds';

/** Figures of one function for CloudWatch. */
export interface Metrics {
  /** A metric that is added twice has two values. */
  add(name: string, unit: MetricUnit, value: number): void;
  /** Writes what was added since; nothing when that is nothing. */
  publish(): void;
}

/**
 * Metrics in CloudWatch's embedded format: a line of the log, never a call.
 * `POWERTOOLS_METRICS_DISABLED=true` writes none.
 */
export function makeMetrics(name: FunctionName): Metrics {
  const powertools = new Powertools({ namespace: 'Changewire', serviceName: name });
  return {
    add: (metric, unit, value) => {
      powertools.addMetric(metric, unit, value);
    },
    publish: () => {
      // It warns, in a line of text, of having nothing to write.
      if (powertools.hasStoredMetrics()) {
        powertools.publishStoredMetrics();
      }
    },
  };
}
