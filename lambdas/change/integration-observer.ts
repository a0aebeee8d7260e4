import type { ChangeStatus } from '../../core/change/change';
import type { IntegrationObserver } from '../../core/change/integration-ports';
import { makeLogger } from '../shared/logging';
import { makeMetrics } from '../shared/metrics';

const endings = {
  integrated: 'IntegratedChanges',
  noop: 'UnchangedChanges',
  rejected: 'RejectedChanges',
} as const satisfies Record<ChangeStatus['state'], string>;

/** Logs how changes ended, and counts them. */
export function makeIntegrationObserver(): IntegrationObserver {
  const logger = makeLogger('integrate-changes');
  const metrics = makeMetrics('integrate-changes');
  return {
    ended(statuses) {
      for (const { state, sequenceNumber, shardId, code, condition } of statuses) {
        logger.info('change ended', {
          sequence_number: sequenceNumber,
          shard_id: shardId,
          state,
          condition,
          code,
        });
      }
      for (const [state, name] of Object.entries(endings)) {
        const ended = statuses.filter((status) => status.state === state).length;
        metrics.add(name, 'Count', ended);
      }
      metrics.publish();
    },
    unexpectedlyRejected({ sequenceNumber, shardId }, error) {
      logger.error('change rejected unexpectedly', {
        sequence_number: sequenceNumber,
        shard_id: shardId,
        ...traceOf(error),
      });
      metrics.add('UnexpectedRejections', 'Count', 1);
    },
  };
}

/** Where it happened, without its message: that may quote what somebody sent. */
function traceOf(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof Error)) {
    return { error_name: typeof error };
  }
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return { error_name: error.name, error_trace: frames.slice(0, 8).map((line) => line.trim()) };
}
