import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { lazily } from '../../shared/lazily';
import { clientSettings } from '../client-settings';
import { type AwsSender, RefusedEntryError, requireSize } from './aws-sender';

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html#eb-putevent-size */
const MOST_BYTES = 256 * 1024;
/** What the time of an entry counts for. */
const TIME_BYTES = 14;
const SOURCE = 'changewire';
/** EventBridge takes no longer one. */
const LONGEST_TYPE = 128;

const eventBridgeClient = lazily(() => new EventBridgeClient(clientSettings()));

/**
 * An entry has no place for headers: the detail is the body, and the ids stand among the resources. It goes
 * unsigned: who may put events on the bus is the account's own to say.
 */
export const putOnBus: AwsSender = async ({ body, headers, about }, arn, abortSignal) => {
  const DetailType = (about?.type ?? 'event').slice(0, LONGEST_TYPE);
  const Resources = [
    `changewire:event:${headers['webhook-id'] ?? ''}`,
    ...(about ? [`changewire:subscription:${about.subscriptionId}`] : []),
  ];
  const rest = [SOURCE, DetailType, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  requireSize(body.byteLength + rest + TIME_BYTES, MOST_BYTES, 'EventBridge');
  const { Entries } = await eventBridgeClient().send(
    new PutEventsCommand({
      Entries: [
        {
          EventBusName: arn.text,
          Source: SOURCE,
          DetailType,
          Detail: Buffer.from(body).toString('utf8'),
          Resources,
          ...(about && { Time: new Date(about.time) }),
        },
      ],
    }),
    { abortSignal },
  );
  const [entry] = Entries ?? [];
  if (!entry?.EventId) {
    throw new RefusedEntryError(entry?.ErrorCode ?? 'InternalFailure');
  }
  return entry.EventId;
};
