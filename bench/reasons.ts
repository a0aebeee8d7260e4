/** Why a figure is over its budget: docs/performance.md has a paragraph for each that is. By the names of figures. */
export const reasons: Readonly<Record<string, string>> = {
  'accept/messages':
    'A message of 1 kB is parsed and checked in some microseconds, and no request is answered in that: reading the event of the gateway, making the ids, one line of log and the reply take some 20 µs, whatever the size. `POST /change`, whose 25 kB are parsed once and judged by a check of their own instead of the schema library, stays within the budget.',
  'accept/events':
    'As with messages: the body is small, so what every request takes (some 30 µs: headers, ids, the size of the event as it is stored, a line of log, the reply) weighs more than parsing it. A list of events shares it.',
  deliver:
    "The floor is a client that resolves no name, keeps no time and writes nothing down. The worker goes through Node's own client, because that alone connects to addresses that were vetted and to nothing else; bare, it takes more than one and a half times the floor (`deliver/bare-node`), more than the budget. The rest is what a delivery is: the message is parsed and checked, the row read and written, the body signed, the time-out kept, the answer read and masked, a line logged and counted. It took 215 µs of processor time and takes some 170 now, by a timer instead of abort signals, the guard's judgement of a URL kept and short answers read as they come. A profile shows no single place any more: the socket and Node's client come first, then, about alike, making and signing the request and the log line with its metrics. On AWS the calls to DynamoDB and the subscriber's own time are many times that.",
  'consumer/distinct':
    'Beside the integration, whose floor knows the change as text, a record is unpacked (some 55 µs for 26 kB of JSON, a sixth of the floor by itself), decoded and checked (some 20), held with the others of its batch and told of in the log. People who come once share nothing of that.',
  'consumer/hot':
    'As with distinct people: each record is unpacked, decoded and checked. Ten changes of one person share a read and a write.',
  'consumer/batch':
    'As with distinct people: each record is unpacked, decoded and checked. The ratio lies at the budget.',
  'cold-start/publish-deliveries/size':
    "The worker for Google's topics has what deliver-webhooks has, and beside it what signs a service account's assertion (jose) and reads its key (the client of Secrets Manager). It is no door: nobody waits for its start. A smaller one would take a schema library of fewer kilobytes.",
  'pipeline/integrated/32/p95':
    'Both cores were busy (four fifths and more) while 32 clients published as fast as they were answered: emulators, functions, runner and clients are one machine, which takes some 40 changes a second, each with its status, two events and a webhook. What is measured is the queue before it; on AWS none of these share a processor.',
  'pipeline/webhook/32/p95':
    'As with integration: 32 changes wait for one machine, and the webhook follows at once.',
};

/** Of starts, and of whatever else is not named: by the bench. */
export const reasonsOfBenches: Readonly<Record<string, string>> = {
  'cold-start':
    "Reading and compiling the SDK's clients takes most of a start, and the schema library most of the rest. Bundles were cut where something came in that nobody uses; `prod` keeps instances of the doors warm whose clients give a call half a second (`provisionedConcurrency`).",
};
