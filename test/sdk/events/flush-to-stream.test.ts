import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { EventBatch, EventIntake, OfferOutcome } from '../../../core/events/ports';
import { makePublishEvents } from '../../../lambdas/events/publish-events';
import { eventsDialect } from '../../../lambdas/shared/events-dialect';
import { httpFunction } from '../../../lambdas/shared/http-function';
import { makeTimeLimit } from '../../../lambdas/shared/time-limit';
import { EventClient } from '../../../sdk/events';
import { definitions, quiet } from '../../support/event-definitions';
import { MemoryTopicStore } from '../../support/memory-registry';

/** How a stream fails from one batch on: nothing after it is taken. `lost` took the batch, and could not say so. */
interface Failure {
  readonly at: number;
  readonly how: 'throttled' | 'failed' | 'lost';
}

/** A stream that does to each offer what a script says, then takes everything. */
function makeStream(script: Failure[]) {
  const taken: EventBatch[] = [];
  const stream: EventIntake = {
    offer: async (batches) => {
      const { at, how } = script.shift() ?? { at: batches.length, how: 'failed' };
      taken.push(...batches.slice(0, at), ...(how === 'lost' ? batches.slice(at, at + 1) : []));
      const otherwise: OfferOutcome = how === 'throttled' ? 'throttled' : 'failed';
      return batches.map((_, index) => (index < at ? 'taken' : otherwise));
    },
  };
  return { stream, taken };
}

/** The door itself, called as a server is. */
function makeDoor(stream: EventIntake): typeof fetch {
  const invoke = httpFunction({
    name: 'publish-events',
    dialect: eventsDialect,
    methods: ['POST'],
    wire: () =>
      makePublishEvents({
        stream,
        topics: new MemoryTopicStore(),
        timeLimit: makeTimeLimit(200),
        acceptUnknownTopics: true,
        clock: () => 0,
        makeJobId: () => 'job-made',
        random: randomBytes,
      }),
  });
  return async (url, init) => {
    const { pathname } = new URL(String(url));
    const { statusCode, body } = await invoke({
      httpMethod: 'POST',
      path: pathname,
      resource: pathname.replace(/\/$/, ''),
      pathParameters: null,
      headers: Object.fromEntries(new Headers(init?.headers)),
      multiValueHeaders: Object.fromEntries(
        [...new Headers(init?.headers)].map(([name, value]) => [name, [value]]),
      ),
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: Buffer.from(String(init?.body)).toString('base64'),
      isBase64Encoded: true,
      requestContext: { requestId: 'r' },
    } as never);
    return new Response(Buffer.from(body, 'utf8'), { status: statusCode });
  };
}

describe('from a session through the door into the stream', () => {
  it('each event arrives once and in order, however often the stream fails half-way', async () => {
    const failure: fc.Arbitrary<Failure> = fc.record({
      at: fc.nat(3),
      how: fc.constantFrom('throttled', 'failed', 'lost'),
    });
    const property = fc.asyncProperty(
      fc.array(failure, { maxLength: 8 }),
      fc.integer({ min: 1, max: 90 }),
      async (script, count) => {
        const { stream, taken } = makeStream([...script]);
        const session = new EventClient({
          apiUrl: 'https://events.example.org',
          serviceName: 'testing-service',
          topicDefinitions: definitions,
          logger: quiet,
          retry: { retries: 1, firstDelayMs: 0, maxDelayMs: 0 },
          fetch: makeDoor(stream),
        }).serviceSession('job-1');
        // Some 20 of them fill a record of the stream.
        const text = 'x'.repeat(45_000);
        for (let number = 0; number < count; number += 1) {
          session.publish({ category: 'claims', entity: 'Claim', action: 'Filed', data: { number, text } });
        }
        for (let tries = 0; session.events.length > 0; tries += 1) {
          expect(tries).toBeLessThan(10);
          await session.flush().catch(() => undefined);
        }
        expect(new Set(taken.map(({ partitionKey }) => partitionKey))).toEqual(new Set(['job-1']));
        expect(firsts(taken)).toEqual(Array.from({ length: count }, (_, number) => number));
      },
    );
    await fc.assert(property, { numRuns: 25 });
  }, 60_000);
});

/** As dispatch does: the first of an id counts. */
function firsts(taken: readonly EventBatch[]): readonly number[] {
  const known = new Set<string>();
  return taken
    .flatMap(({ events }) => events)
    .filter(({ id }) => !known.has(id) && known.add(id))
    .map(({ dataJson }) => JSON.parse(dataJson).number);
}
