import { originName } from '../../core/messages/recovery/origin-url';
import { type OriginEnding, recoverOrigins } from '../../core/messages/recovery/recover-origins';
import type { RecoverPorts } from '../../core/messages/recovery/recover-ports';
import { parsePrivateTargets } from '../../core/webhooks/targets/network-guard';
import { documentClient } from '../aws/document-client';
import { makeDynamoOriginDirectory } from '../aws/dynamo-origin-directory';
import { makeDynamoOriginSweeps } from '../aws/dynamo-origin-sweeps';
import { makeDynamoTopicStore } from '../aws/dynamo-topic-store';
import { makeHttpOriginClient } from '../aws/http-origin-client';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { parseForwardProxy } from '../aws/tunnelling-agents';
import { readEnvironment } from '../shared/environment';
import { makeLogger } from '../shared/logging';
import { makeMetrics } from '../shared/metrics';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: a tick of its own, every `recoverySeconds`.
 * Success: what the origins of topics with recovery list is in the events stream, and removed there.
 * Refusal: a row that cannot be taken stays at its origin and is told of; those behind it are asked for.
 * Retry: the next tick; a row that is still listed brings the same events, which dispatch takes once.
 */
export function recoverMessages(
  ports: RecoverPorts,
  report: (originHost: string, ending: OriginEnding) => void,
): TickHandler {
  return async (deadline) => ({ ...(await recoverOrigins(ports, report, deadline)) });
}

export const handler = scheduleFunction({
  name: 'recover-messages',
  wire: () => {
    const environment = readEnvironment('recover-messages');
    const [client, registry] = [documentClient(), environment.REGISTRY_TABLE_NAME];
    return recoverMessages(
      {
        directory: makeDynamoOriginDirectory(client, registry),
        sweeps: makeDynamoOriginSweeps(client, registry),
        client: makeHttpOriginClient({
          allow: parsePrivateTargets(environment.ALLOW_PRIVATE_TARGETS),
          proxy: parseForwardProxy(environment.FORWARD_PROXY),
        }),
        topics: makeDynamoTopicStore(client, registry),
        events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
        now: () => new Date(),
        random: Math.random,
      },
      makeReport(),
    );
  },
});

/** More of them are in the event `delivery.unrecovered`, and at the origin itself. */
const ROWS_LOGGED = 20;

function makeReport(): (originHost: string, ending: OriginEnding) => void {
  const logger = makeLogger('recover-messages');
  const metrics = makeMetrics('recover-messages');
  return (originHost, ending) => {
    if (ending.outcome === 'busy') {
      logger.info('origin left to the sweep that is at it', { origin_host: originName(originHost) });
      return;
    }
    const { rows, messages, refused, unremoved, failure } = ending.sweep;
    if (rows > 0 || refused.length > 0 || failure !== undefined) {
      const isWell = refused.length === 0 && failure === undefined && unremoved === 0;
      logger[isWell ? 'info' : 'warn']('origin swept', {
        origin_host: originName(originHost),
        rows,
        messages,
        unremoved,
        refused: refused.length,
        refused_rows: refused.slice(0, ROWS_LOGGED).map(({ id, reason }) => ({ id, reason })),
        failure,
        failing_since: ending.state.failingSince,
      });
    }
    metrics.add('RecoveredMessages', 'Count', messages);
    metrics.add('RecoveryRefusedRows', 'Count', refused.length);
    metrics.add('RecoveryUnreachableOrigins', 'Count', failure === undefined ? 0 : 1);
    metrics.publish();
  };
}
