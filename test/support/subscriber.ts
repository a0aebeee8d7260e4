import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CaughtWebhook {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface SubscriberAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who receives webhooks, and answers as a test wants. */
export interface Subscriber {
  readonly url: string;
  readonly caught: readonly CaughtWebhook[];
  /** Waits for so many webhooks at a path. @throws Error when they do not come in time. */
  waitFor(count: number, path?: string, withinMilliseconds?: number): Promise<readonly CaughtWebhook[]>;
  /** How the path answers from now on: the n-th call gets the n-th answer, the last one stays. */
  answer(path: string, answers: readonly SubscriberAnswer[]): void;
  stop(): Promise<void>;
}

export async function startSubscriber(): Promise<Subscriber> {
  const caught: CaughtWebhook[] = [];
  const planned = new Map<string, SubscriberAnswer[]>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url ?? '/';
      caught.push({
        method: request.method ?? '',
        path,
        headers: request.headers as Record<string, string>,
        body: Buffer.concat(chunks).toString('utf8'),
        at: Date.now(),
      });
      const answers = planned.get(path) ?? [{ status: 200 }];
      const { status, headers = {} } = answers[0] as SubscriberAnswer;
      if (answers.length > 1) {
        answers.shift();
      }
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    caught,
    async waitFor(count, path, withinMilliseconds = 20_000) {
      const until = Date.now() + withinMilliseconds;
      for (;;) {
        const found = caught.filter((webhook) => path === undefined || webhook.path === path);
        if (found.length >= count) {
          return found;
        }
        if (Date.now() > until) {
          throw new Error(`${found.length} of ${count} webhooks came to ${path ?? 'any path'}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    answer: (path, answers) => void planned.set(path, [...answers]),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
