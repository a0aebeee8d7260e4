import fc from 'fast-check';
import type { Answer, Scenario, Step, Subscriber } from './law-world';
import type { Fault } from './simulation';

const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });

const answers: fc.Arbitrary<Answer> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ status: fc.constant(200), milliseconds: fc.constantFrom(10, 700, 6000) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      status: fc.constantFrom(500, 503, 404, 502),
      milliseconds: fc.constantFrom(10, 3000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      status: fc.constantFrom(429, 503),
      milliseconds: fc.constant(10),
      retryAfter: fc.constantFrom('5', '700', '86400', 'soon'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ status: 410, milliseconds: 10 }) },
  { weight: 2, arbitrary: fc.constantFrom('timeout' as const, 'connection_refused' as const) },
);

const policies = fc
  .record({
    scheduleSeconds: fc.array(fc.constantFrom(1, 60, 1000, 8000), { maxLength: 4 }),
    timeoutSeconds: fc.constantFrom(15, 5),
    jitter: fc.constantFrom(0, 0.2),
    finalStatuses: fc.constantFrom([], [404]),
    concurrency: optional(fc.integer({ min: 1, max: 3 })),
    ratePerSecond: optional(fc.constantFrom(5, 0.7, 0.01)),
    circuit: optional(fc.boolean()),
    disable: optional(
      fc.record({
        failures: fc.integer({ min: 1, max: 9 }),
        counts: fc.constantFrom('in_a_row' as const, 'ever' as const),
      }),
    ),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const subjects = fc.constantFrom('ada', 'bob');

const subscribers: fc.Arbitrary<Subscriber> = fc.record({
  policy: policies,
  answers: fc.array(answers, { minLength: 1, maxLength: 8 }),
  subject: optional(subjects),
  listensToNews: fc.oneof(
    { weight: 6, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});

const who = fc.nat(2);

const acts: fc.Arbitrary<Step['act']> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      subject: subjects,
      count: fc.integer({ min: 1, max: 4 }),
      expires: optional(fc.constantFrom(60, 2000)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        ...([
          'pause',
          'resume',
          'resume',
          'delete',
          'resend',
          'resend',
          'replay',
          'subscribe_with_history',
        ] as const),
      ),
      who,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('force' as const), who, which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('erase' as const), subject: subjects }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rewind' as const) }) },
);

const faults: fc.Arbitrary<Fault> = fc.record({
  call: fc.constantFrom(
    ...['deliveries.write', 'deliveries.read', 'queue.send', 'target.post', 'subscriptions.find'],
    ...[
      'deadLetters.send',
      'events.append',
      'limits.takePermit',
      'limits.returnPermit',
      'limits.reserveSlot',
    ],
    ...['health.countFailure', 'health.openCircuit', 'health.claimProbe', 'health.clearFailures'],
    ...['subscriptions.changeState', 'markers.claim', 'history.keep', 'history.read', 'deliveries.due'],
    ...['replays.write', 'replays.forget', 'gate.open', 'erasable.flagMarker', 'erasable.removeEvent'],
    ...['deliveries.ofEvent', 'subscriptions.ofTopic', 'subscriptions.findMany', 'health.recordWarning'],
  ),
  nth: fc.integer({ min: 1, max: 20 }),
  kind: fc.constantFrom('crash_after', 'crash_before', 'answer_lost', 'throttled', 'stall'),
});

/** What may happen to some subscribers within some hours; the simplest is two events and no trouble. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  subscribers: fc.array(subscribers, { minLength: 1, maxLength: 3 }),
  steps: fc
    .array(fc.record({ after: fc.constantFrom(0, 1, 7, 400, 4000), act: acts }), { maxLength: 8 })
    .map((steps): Step[] => [{ after: 0, act: { do: 'publish', subject: 'ada', count: 2 } }, ...steps]),
  faults: fc.array(faults, { maxLength: 8 }),
  latencies: fc.array(fc.constantFrom(0, 1, 4, 19), { maxLength: 12 }),
  duplicates: fc.array(
    fc.record({ nth: fc.integer({ min: 1, max: 20 }), later: fc.constantFrom(0, 3, 700, 9000) }),
    {
      maxLength: 3,
    },
  ),
  lostTicks: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }),
  workers: fc.integer({ min: 1, max: 4 }),
  receives: fc.constantFrom(5, 2),
  resendAfterMinutes: fc.constantFrom(0, 30),
});
