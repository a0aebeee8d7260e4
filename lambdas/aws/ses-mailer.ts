import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Mail } from '../../core/webhooks/notices/owner-mail';
import { lazily } from '../shared/lazily';

/**
 * One try: a mail whose answer was lost may have gone out, and the client would send it again at once. The queue
 * tries again, later.
 */
const sesClient = lazily(
  () =>
    new SESv2Client({
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler({
        connectionTimeout: 1000,
        requestTimeout: 10_000,
        throwOnRequestTimeout: true,
      }),
    }),
);

const text = (Data: string) => ({ Data, Charset: 'UTF-8' });

/**
 * Mails through SES, which makes the headers from its parameters.
 * @param from an address of an identity that is verified.
 */
export function makeSesMailer(from: string): (mail: Mail) => Promise<void> {
  return async (mail) => {
    const command = new SendEmailCommand({
      FromEmailAddress: from,
      Destination: { ToAddresses: [mail.to] },
      Content: { Simple: { Subject: text(mail.subject), Body: { Text: text(mail.text) } } },
    });
    try {
      await sesClient().send(command);
    } catch (error) {
      // The service's own message quotes addresses, which do not belong into the log.
      throw new Error(`SES did not take the mail: ${error instanceof Error ? error.name : 'unknown'}`);
    }
  };
}
