import { type NoticeOutcome, type NotifyPorts, notifyOwner } from '../../core/webhooks/notices/notify-owner';
import { type OwnerNotice, parseOwnerNotice } from '../../core/webhooks/notices/owner-notice';
import { documentClient } from '../aws/document-client';
import { makeDynamoAccountStore } from '../aws/dynamo-account-store';
import { makeDynamoNoticeMarks } from '../aws/dynamo-notice-marks';
import { makeSesMailer } from '../aws/ses-mailer';
import { readEnvironment } from '../shared/environment';
import { makeLogger } from '../shared/logging';
import { type MessageHandler, queueFunction } from '../shared/queue-function';

/**
 * Trigger: a message of the notices queue: what the owner of a subscription is to be told.
 * Success: SES has taken the mail and that is recorded, or there is nobody to tell; the message is consumed.
 * Refusal: none; a body that is no notice, and a mail that SES never takes, end on the queue's dead-letter queue.
 * Retry: the queue shows the message again; the mark keeps a mail that went out from going out again.
 */
export function notifyOwners(
  ports: NotifyPorts,
  report: (outcome: NoticeOutcome, notice: OwnerNotice) => void,
): MessageHandler {
  return async (body) => {
    const notice = parseOwnerNotice(body);
    if (!notice) {
      throw new Error('the message is no notice');
    }
    report(await notifyOwner(notice, ports), notice);
  };
}

export const handler = queueFunction({
  name: 'notify-owners',
  wire: () => {
    const { REGISTRY_TABLE_NAME, NOTIFY_FROM } = readEnvironment('notify-owners');
    const logger = makeLogger('notify-owners');
    return notifyOwners(
      {
        accounts: makeDynamoAccountStore(documentClient(), REGISTRY_TABLE_NAME),
        marks: makeDynamoNoticeMarks(documentClient(), REGISTRY_TABLE_NAME),
        send: makeSesMailer(NOTIFY_FROM),
        now: () => new Date(),
      },
      (outcome, { eventId, subscriptionId, what }) =>
        logger.info('notice handled', {
          outcome,
          event_id: eventId,
          subscription_id: subscriptionId,
          kind: what.kind,
        }),
    );
  },
});
