import type { FunctionName } from '../functions';

export type MetricUnit = 'Count' | 'Milliseconds' | 'Seconds';

/** Figures of one function for CloudWatch. */
export interface Metrics {
  /** A metric that is added twice has two values. */
  add(name: string, unit: MetricUnit, value: number): void;
  /** Writes what was added since; nothing when that is nothing. */
  publish(): void;
}

/** CloudWatch takes no more values of a metric at a time. */
const MOST_VALUES = 100;

/**
 * Metrics in CloudWatch's embedded format: a line of the log, never a call.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function makeMetrics(name: FunctionName): Metrics {
  const isOff = process.env.LOG_LEVEL === 'SILENT';
  const stored = new Map<string, { readonly unit: MetricUnit; readonly values: number[] }>();
  const metrics: Metrics = {
    add(metric, unit, value) {
      const values = stored.get(metric)?.values ?? [];
      stored.set(metric, { unit, values });
      values.push(value);
      if (values.length >= MOST_VALUES) {
        metrics.publish();
      }
    },
    publish() {
      if (stored.size > 0 && !isOff) {
        process.stdout.write(`${JSON.stringify(toLine(name, stored))}\n`);
      }
      stored.clear();
    },
  };
  return metrics;
}

function toLine(
  service: FunctionName,
  stored: ReadonlyMap<string, { readonly unit: MetricUnit; readonly values: readonly number[] }>,
): Readonly<Record<string, unknown>> {
  const Metrics = [...stored].map(([Name, { unit }]) => ({ Name, Unit: unit }));
  return {
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [{ Namespace: 'Changewire', Dimensions: [['service']], Metrics }],
    },
    service,
    ...Object.fromEntries(
      [...stored].map(([name, { values }]) => [name, values.length === 1 ? values[0] : values]),
    ),
  };
}
