import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent } from 'aws-lambda';
import { parseOwnerNotice } from '../../../core/webhooks/notices/owner-notice';
import { makeDynamoAccountStore } from '../../../lambdas/aws/dynamo-account-store';
import { makeSqsOwnerNotices } from '../../../lambdas/aws/sqs-owner-notices';
import { handler } from '../../../lambdas/webhooks/notify-owners';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { aNotice, anOwner, anOwnersAccount } from '../../support/owner-notices';

/** As SES: takes a mail, or refuses it in words that quote the address. */
const ses: {
  server: Server;
  refuses: boolean;
  hangsUp: boolean;
  calls: { path: string | undefined; body: unknown }[];
} = {
  server: createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk);
    }
    ses.calls.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) });
    if (ses.hangsUp) {
      request.socket.destroy();
    } else if (ses.refuses) {
      const message = 'Email address is not verified: ada@example.org';
      response.writeHead(400, { 'x-amzn-ErrorType': 'MessageRejected', 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ message }));
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ MessageId: '1' }));
    }
  }),
  refuses: false,
  hangsUp: false,
  calls: [],
};

let stack: DeliveryStack;

beforeAll(async () => {
  stack = await startDeliveryStack();
  await new Promise<void>((resolve) => ses.server.listen(0, '127.0.0.1', resolve));
  process.env.AWS_ENDPOINT_URL_SESV2 = `http://127.0.0.1:${(ses.server.address() as AddressInfo).port}`;
  process.env.NOTIFY_FROM = 'hub@example.org';
  await makeDynamoAccountStore(stack.documents, stack.tables.registry).write(anOwnersAccount());
});

afterAll(async () => {
  ses.server.closeAllConnections();
  ses.server.close();
  await stack.stop();
});

beforeEach(() => {
  ses.refuses = false;
  ses.hangsUp = false;
  ses.calls.length = 0;
});

function receive(...bodies: string[]) {
  return handler({
    Records: bodies.map((body, index) => ({ messageId: `m${index}`, body })),
  } as unknown as SQSEvent);
}

const failed = (...messages: string[]) => ({
  batchItemFailures: messages.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('notify-owners', () => {
  it('has SES mail the owner, plain text from the sender alone', async () => {
    expect(await receive(JSON.stringify(aNotice()))).toEqual(failed());
    expect(ses.calls).toEqual([
      {
        path: '/v2/email/outbound-emails',
        body: {
          FromEmailAddress: 'hub@example.org',
          Destination: { ToAddresses: ['ada@example.org'] },
          Content: {
            Simple: {
              Subject: { Data: 'Subscription sub_1 was switched off', Charset: 'UTF-8' },
              Body: {
                Text: { Data: expect.stringContaining('Topic: webhooks/relation_added\n'), Charset: 'UTF-8' },
              },
            },
          },
        },
      },
    ]);
  });

  it('mails nothing for a notice that comes again, or of an owner that is no account', async () => {
    const again = JSON.stringify(aNotice());
    const subject = JSON.stringify(aNotice({ eventId: 'evt_jwt', owner: 'ada@clients' }));
    expect(await receive(again, subject)).toEqual(failed());
    expect(ses.calls).toEqual([]);
  });

  it('gives back what SES refuses, after one try, and what is no notice; the rest goes out', async () => {
    ses.refuses = true;
    const refused = JSON.stringify(aNotice({ eventId: 'evt_refused' }));
    expect(await receive(refused, '{"v":1}', 'no json')).toEqual(failed('m0', 'm1', 'm2'));
    expect(ses.calls).toHaveLength(1);
  });

  it('leaves it to the queue to try again when the answer is lost: the mail may have gone out', async () => {
    ses.hangsUp = true;
    expect(await receive(JSON.stringify(aNotice({ eventId: 'evt_lost' })))).toEqual(failed('m0'));
    expect(ses.calls).toHaveLength(1);
  });

  it('logs neither the address nor what SES says', async () => {
    const lines: string[] = [];
    const spies = [process.stdout, process.stderr].map((stream) =>
      jest.spyOn(stream, 'write').mockImplementation((line) => lines.push(String(line)) > 0),
    );
    ses.refuses = true;
    await jest.isolateModulesAsync(async () => {
      process.env.LOG_LEVEL = 'INFO';
      const loud: typeof import('../../../lambdas/webhooks/notify-owners') = await import(
        '../../../lambdas/webhooks/notify-owners'
      );
      const record = { messageId: 'm', body: JSON.stringify(aNotice({ eventId: 'evt_loud' })) };
      await loud.handler({ Records: [record] } as unknown as SQSEvent);
      process.env.LOG_LEVEL = 'SILENT';
    });
    for (const spy of spies) {
      spy.mockRestore();
    }
    expect(lines.join('\n')).toContain('MessageRejected');
    expect(lines.join('\n')).not.toContain('ada@');
    expect(lines.join('\n')).not.toContain('not verified');
  });
});

describe('the notices queue', () => {
  it('brings a notice as it was sent', async () => {
    const notice = aNotice({ topic: 'webhooks/\u0001 ünïcode \ud83d\ude00', owner: anOwner });
    await makeSqsOwnerNotices(() => stack.sqs, stack.queueUrl)?.send(notice);
    const [body] = await stack.drain(stack.queueUrl);
    expect(parseOwnerNotice(body)).toEqual(notice);
  });

  it('is not there without an address of it', () => {
    expect(makeSqsOwnerNotices(() => stack.sqs, '')).toBeUndefined();
  });
});
