import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An event as it came over the wire. */
export interface SentEvent {
  readonly id: string;
  readonly action: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly [member: string]: unknown;
}

export interface ReceivedCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly events: readonly SentEvent[];
}

/**
 * What the server does with one call; `cut` hangs up, before or after it has stored the events, in the middle of the
 * request or of the reply; `hang` never answers.
 */
export type Behaviour =
  | { readonly kind: 'store' }
  | { readonly kind: 'cut'; readonly stored: boolean; readonly within?: 'request' | 'reply' }
  | { readonly kind: 'hang'; readonly stored?: boolean }
  | { readonly kind: 'answer'; readonly status: number; readonly body: string; readonly headers?: object }
  /** Stores the first ones, and throttles the others. */
  | { readonly kind: 'throttle'; readonly from: number }
  | { readonly kind: 'refuse'; readonly ids: (event: SentEvent) => boolean };

/** A server of the contract (section 6) that does as it is told, call by call, then stores whatever comes. */
export async function startEntityEventServer(script: Behaviour[] = []) {
  const calls: ReceivedCall[] = [];
  const stored: SentEvent[] = [];
  const store = (events: readonly SentEvent[]) => {
    for (const event of events) {
      // Deduplicated by id, as the door does.
      if (!stored.some(({ id }) => id === event.id)) {
        stored.push(event);
      }
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    const [next] = script;
    if (next?.kind === 'cut' && next.within === 'request') {
      script.shift();
      request.once('data', () => request.socket.destroy());
      return;
    }
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString());
      const isBulk = Array.isArray(body);
      const events: SentEvent[] = isBulk ? body : [body];
      calls.push({ path: request.url ?? '', headers: request.headers, events });
      const behaviour = script.shift() ?? { kind: 'store' };
      const reply = (status: number, json: unknown) => response.writeHead(status).end(JSON.stringify(json));
      const records = (texts: string[]) =>
        isBulk
          ? reply(201, { failedRecords: texts.filter((text) => text !== 'Success').length, records: texts })
          : texts[0] === 'Success'
            ? reply(201, { eventId: events[0]?.id, jobId: 'j' })
            : reply(400, { errorType: texts[0], message: 'no' });
      switch (behaviour.kind) {
        case 'store':
          store(events);
          return records(events.map(() => 'Success'));
        case 'cut':
          store(behaviour.stored ? events : []);
          if (behaviour.within === 'reply') {
            response.writeHead(201, { 'content-length': 100 }).write('{"failedRecords":0,"reco');
          }
          return setImmediate(() => request.socket.destroy());
        case 'hang':
          return store(behaviour.stored ? events : []);
        case 'answer':
          return response.writeHead(behaviour.status, { ...behaviour.headers }).end(behaviour.body);
        case 'throttle':
          store(events.slice(0, behaviour.from));
          return records(
            events.map((_, index) =>
              index < behaviour.from ? 'Success' : 'ProvisionedThroughputExceededException',
            ),
          );
        case 'refuse':
          store(events.filter((event) => !behaviour.ids(event)));
          return records(events.map((event) => (behaviour.ids(event) ? 'ValidationException' : 'Success')));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    stored,
    script,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type EntityEventServer = Awaited<ReturnType<typeof startEntityEventServer>>;
