import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { type FunctionName, functions } from '../../lambdas/functions';
import { bundleFunctions } from '../../lib/constructs/bundles';
import { stubHandlers } from '../support/stub-handlers';
import { grantsOf, templateOf } from './templates';

const lambdas = resolve(__dirname, '..', '..', 'lambdas');
const stems = Object.keys(functions) as FunctionName[];
const outdir = mkdtempSync(join(tmpdir(), 'changewire-bundles-'));
const bundles = bundleFunctions({ outdir });

/**
 * In kB. When a test below tells of growth, esbuild's metafile says what came in. Zod can be shaken only as
 * `import * as z`: by name it brings all its languages.
 */
const weighed: Readonly<Record<FunctionName, number>> = {
  'submit-change': 385,
  'read-change-status': 249,
  'integrate-changes': 405,
  'read-person': 252,
  'list-people': 258,
  'read-well-known': 206,
  'manage-topics': 396,
  'manage-subscriptions': 460,
  'manage-events': 429,
  'publish-events': 412,
  'manage-consumers': 307,
  'accept-messages': 397,
  'handle-hub-events': 363,
  'manage-deliveries': 406,
  'manage-replays': 407,
  'manage-erasures': 344,
  'manage-accounts': 384,
  'register-account': 276,
  'subscribe-callback': 238,
  'trigger-event': 234,
  'resend-callbacks': 299,
  'list-resources': 31,
  'read-webhook-keys': 244,
  'accept-grant': 245,
  'read-health': 29,
  'read-openapi': 202,
  'answer-not-found': 31,
  'dispatch-events': 391,
  'deliver-webhooks': 495,
  'publish-deliveries': 522,
  'requeue-deliveries': 276,
  'resend-dead-letters': 410,
  'requeue-messages': 259,
  'release-messages': 395,
  'recover-messages': 310,
  'erase-subject': 250,
  'notify-owners': 410,
  'replay-events': 294,
  'generate-cis-key': 196,
};

describe('bundleFunctions', () => {
  it('names the functions whose handler file is missing', () => {
    const handlersDirectory = stubHandlers();
    rmSync(join(handlersDirectory, 'person/read-person.ts'));
    const attempt = () =>
      bundleFunctions({ outdir: mkdtempSync(join(tmpdir(), 'none-')), handlersDirectory });
    expect(attempt).toThrow(/handler file does not exist: read-person \(.*person\/read-person\.ts\)$/);
  });

  it('makes one file of each function, with everything that it needs', () => {
    for (const stem of stems) {
      expect(bundles[stem]).toBe(join(outdir, 'bundles', stem));
      expect(sizeOf(stem)).toBeGreaterThan(1);
    }
  });

  // A cold start reads the whole of it: what a door takes longer to start, its callers wait.
  it.each(stems)('%s has grown little since it was last weighed', (stem) => {
    expect(sizeOf(stem)).toBeLessThan(weighed[stem] * 1.1);
  });

  it('has no door of more than 500 kB', () => {
    const doors = stems.filter((stem) => functions[stem].trigger === 'http');
    expect(doors.filter((stem) => sizeOf(stem) > 500)).toEqual([]);
  });

  it('packs what only targets that are ARNs need into files of their own, beside the one function that has them', () => {
    const brings = (file: string) => /EventBridgeClient|SNSClient|PutEvents/.test(readFileSync(file, 'utf8'));
    expect(stems.map(fileOf).filter(brings)).toEqual([]);
    const folder = bundles['deliver-webhooks'];
    expect(readdirSync(folder).sort()).toEqual(['index.js', 'publish-to-topic.js', 'put-on-bus.js']);
    for (const [name, sender] of [
      ['publish-to-topic', 'publishToTopic'],
      ['put-on-bus', 'putOnBus'],
    ] as const) {
      const script = `process.stdout.write(typeof require(process.argv[1])[process.argv[2]])`;
      const words = ['-e', script, join(folder, name), sender];
      expect(execFileSync(process.execPath, words, { env: {}, encoding: 'utf8' })).toBe('function');
    }
  });

  it('has every file that a function loads from beside it', () => {
    const missing = stems.flatMap((stem) => {
      const loaded = readFileSync(fileOf(stem), 'utf8').matchAll(/require\("\.\/([\w-]+)"\)/g);
      return [...loaded]
        .map(([, name]) => join(bundles[stem], `${name}.js`))
        .filter((file) => !existsSync(file));
    });
    expect(missing).toEqual([]);
  });

  it('makes the same bytes whatever the place, so that only what changed is deployed', () => {
    const elsewhere = bundleFunctions({ outdir: mkdtempSync(join(tmpdir(), 'changewire-elsewhere-')) });
    for (const stem of stems) {
      const [here, there] = [bundles, elsewhere].map((all) => readFileSync(join(all[stem], 'index.js')));
      expect(here?.equals(there ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('makes bundles that load without any environment, and do nothing until they are called', () => {
    const script = `for (const file of process.argv.slice(1)) {
      if (typeof require(file).handler !== 'function') throw new Error(file + ' exports no handler');
    }`;
    const files = stems.map((stem) => join(bundles[stem], 'index.js'));
    const options = { env: {}, cwd: tmpdir(), encoding: 'utf8', timeout: 20_000 } as const;
    expect(execFileSync(process.execPath, ['-e', script, ...files], options)).toBe('');
  });
});

/** The SDK's commands and helpers, and the permission that each takes. */
const actionOf: Readonly<Record<string, string>> = {
  GetCommand: 'dynamodb:GetItem',
  BatchGetCommand: 'dynamodb:BatchGetItem',
  PutCommand: 'dynamodb:PutItem',
  UpdateCommand: 'dynamodb:UpdateItem',
  DeleteCommand: 'dynamodb:DeleteItem',
  QueryCommand: 'dynamodb:Query',
  ScanCommand: 'dynamodb:Scan',
  paginateQuery: 'dynamodb:Query',
  // Our own, in the files that adapters share.
  batchRead: 'dynamodb:BatchGetItem',
  readPage: 'dynamodb:Query',
  readPartition: 'dynamodb:Query',
  scanPage: 'dynamodb:Scan',
  putRecords: 'kinesis:PutRecords',
  sendInBatches: 'sqs:SendMessage',
  PutRecordCommand: 'kinesis:PutRecord',
  PutRecordsCommand: 'kinesis:PutRecords',
  SendMessageCommand: 'sqs:SendMessage',
  SendMessageBatchCommand: 'sqs:SendMessage',
  PublishCommand: 'sns:Publish',
  SendEmailCommand: 'ses:SendEmail',
  PutEventsCommand: 'events:PutEvents',
  ReceiveMessageCommand: 'sqs:ReceiveMessage',
  DeleteMessageCommand: 'sqs:DeleteMessage',
  GetSecretValueCommand: 'secretsmanager:GetSecretValue',
  PutSecretValueCommand: 'secretsmanager:PutSecretValue',
};

/** One target of each service, as a stage may list them. */
const targetArns = {
  queue: 'arn:aws:sqs:us-east-1:000000000000:orders',
  topic: 'arn:aws:sns:us-east-1:000000000000:orders',
  bus: 'arn:aws:events:us-east-1:000000000000:event-bus/orders',
  stream: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
};

/** Where a stage may publish to. */
const pubsub = { project: 'changewire' };

/** Whom a stage may mail from. */
const notifyFrom = 'arn:aws:ses:us-east-1:000000000000:identity/example.org';

const registry = 'topics/registry';
const deliveries = 'webhooks/deliveries';
const statuses = 'change/change-statuses';
const events = 'events/events';
const erasures = 'erasure/erasures';
const schedule = 'schedule/scheduled-messages';
const deadLetterQueue = 'webhooks/deliveries-queue/DeadLetters';

/** What each adapter works on. */
const storeOf: Readonly<Record<string, string>> = {
  'dynamo-subscription-store': registry,
  'put-subscription': registry,
  'dynamo-topic-consumers': registry,
  'dynamo-directory': registry,
  'dynamo-resumptions': registry,
  'note-resumption': registry,
  'dynamo-identity-claims': registry,
  'dynamo-topic-store': registry,
  'dynamo-target-health': registry,
  'dynamo-confirmation-store': registry,
  'dynamo-target-limits': registry,
  'dynamo-account-store': registry,
  'dynamo-key-store': registry,
  'dynamo-credential-reader': registry,
  'dynamo-callback-subscriptions': registry,
  'dynamo-notice-marks': registry,
  'dynamo-run-numbers': registry,
  'dynamo-replay-store': registry,
  'dynamo-live-gate': registry,
  'dynamo-delivery-store': deliveries,
  'dynamo-delivery-listing': deliveries,
  'delivery-queries': deliveries,
  'dynamo-profile-store': 'change/profiles',
  'dynamo-person-reader': 'change/profiles',
  'dynamo-person-directory': 'change/profiles',
  'dynamo-change-status-store': statuses,
  'dynamo-event-history': events,
  'dynamo-event-lister': events,
  'dynamo-marker-reader': events,
  'dynamo-delivery-tally': deliveries,
  'dynamo-fan-out-markers': events,
  'dynamo-call-claims': events,
  'dynamo-duplicate-claims': events,
  'dynamo-number-blocks': events,
  'dynamo-unprocessable-records': events,
  'dynamo-erasable-events': events,
  'dynamo-erasable-statuses': statuses,
  'dynamo-erasure-store': erasures,
  'dynamo-schedule-store': schedule,
  'dynamo-origin-directory': registry,
  'dynamo-origin-sweeps': registry,
  'sqs-release-queue': 'schedule/releases-queue/Queue',
  'kinesis-change-stream': 'change/changes-stream',
  'kinesis-event-stream': 'events/events-stream',
  'sqs-dead-letter-queue': deadLetterQueue,
  'sqs-owner-notices': 'webhooks/owners/notices-queue/Queue',
  'ses-mailer': JSON.stringify(notifyFrom),
  'send-to-queue': JSON.stringify(targetArns.queue),
  'publish-to-topic': JSON.stringify(targetArns.topic),
  'put-on-bus': JSON.stringify(targetArns.bus),
  'put-on-stream': JSON.stringify(targetArns.stream),
  'secrets-manager-text': 'secrets',
  'secrets-manager-value': 'secrets',
};

/** What is tried again returns to the worker's own queue, and each hands over to the other. */
function deliveryQueuesOf(stem: FunctionName): readonly string[] {
  const isWorker = stem === 'deliver-webhooks' || stem === 'publish-deliveries';
  return [
    'webhooks/deliveries-queue/Queue',
    ...(isWorker ? ['webhooks/publishing/publishing-queue/Queue'] : []),
  ];
}

/** Marks of crashes lie beside what a stream's records become, so their adapter has two stores. */
function markersOf(stem: FunctionName): string {
  return stem === 'dispatch-events' ? events : statuses;
}

function storesOf(adapter: string, stem: FunctionName): readonly string[] | undefined {
  switch (adapter) {
    case 'dynamo-crash-markers':
      return [markersOf(stem)];
    case 'sqs-delivery-queue':
      return deliveryQueuesOf(stem);
    default:
      return storeOf[adapter] === undefined ? undefined : [storeOf[adapter]];
  }
}

/** Files that work for an adapter on the adapter's own store. */
const sharedByAdapters = [
  'dynamo-batch-read',
  'partition-rows',
  'registry-page',
  'scan-page',
  'put-records',
  'sqs-batches',
];

/** In an adapter that the function has, in a method that it does not call. */
const neverCalled: Partial<Record<FunctionName, readonly string[]>> = {
  'read-webhook-keys': ['BatchGetItem', 'DeleteItem', 'PutItem', 'Query', 'UpdateItem'].map(
    (action) => `dynamodb:${action} ${registry}`,
  ),
  'accept-grant': ['BatchGetItem', 'DeleteItem', 'PutItem', 'Query'].map(
    (action) => `dynamodb:${action} ${registry}`,
  ),
  'submit-change': ['PutItem', 'Query', 'UpdateItem'].map((action) => `dynamodb:${action} ${statuses}`),
  'read-change-status': ['BatchGetItem', 'PutItem', 'UpdateItem'].map(
    (action) => `dynamodb:${action} ${statuses}`,
  ),
  'integrate-changes': [`dynamodb:Query ${statuses}`],
  'manage-events': ['BatchGetItem', 'DeleteItem', 'PutItem', 'Query'].map(
    (action) => `dynamodb:${action} ${registry}`,
  ),
  'publish-events': ['BatchGetItem', 'DeleteItem', 'PutItem', 'Query'].map(
    (action) => `dynamodb:${action} ${registry}`,
  ),
  'manage-topics': [`dynamodb:UpdateItem ${registry}`],
  'manage-deliveries': ['DeleteItem', 'PutItem'].map((action) => `dynamodb:${action} ${registry}`),
  'register-account': [`dynamodb:BatchGetItem ${registry}`],
  'resend-callbacks': [
    ...['DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} ${registry}`),
    `dynamodb:GetItem ${deliveries}`,
  ],
  'manage-replays': ['BatchGetItem', 'DeleteItem'].map((action) => `dynamodb:${action} ${registry}`),
  'replay-events': ['BatchGetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} ${deliveries}`),
  'dispatch-events': ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'UpdateItem'].map(
    (action) => `dynamodb:${action} ${registry}`,
  ),
  'deliver-webhooks': [
    ...['DeleteItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} ${registry}`),
    ...['BatchGetItem', 'Query'].map((action) => `dynamodb:${action} ${deliveries}`),
    `dynamodb:PutItem ${events}`,
    `sqs:ReceiveMessage ${deadLetterQueue}`,
    `sqs:DeleteMessage ${deadLetterQueue}`,
  ],
  'publish-deliveries': [
    ...['DeleteItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} ${registry}`),
    ...['BatchGetItem', 'Query'].map((action) => `dynamodb:${action} ${deliveries}`),
    `dynamodb:PutItem ${events}`,
    `sqs:ReceiveMessage ${deadLetterQueue}`,
    `sqs:DeleteMessage ${deadLetterQueue}`,
    'secretsmanager:PutSecretValue secrets',
  ],
  'notify-owners': ['BatchGetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} ${registry}`),
  'recover-messages': ['DeleteItem', 'PutItem'].map((action) => `dynamodb:${action} ${registry}`),
  'requeue-deliveries': [
    `dynamodb:GetItem ${deliveries}`,
    ...['GetItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} ${registry}`),
  ],
  'requeue-messages': ['GetItem', 'PutItem'].map((action) => `dynamodb:${action} ${schedule}`),
  'release-messages': ['GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} ${schedule}`),
  'manage-erasures': [`dynamodb:Query ${erasures}`],
  'erase-subject': [
    ...['GetItem', 'PutItem'].map((action) => `dynamodb:${action} ${events}`),
    `dynamodb:BatchGetItem ${deliveries}`,
  ],
  'resend-dead-letters': [
    ...['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
      (action) => `dynamodb:${action} ${registry}`,
    ),
    ...['BatchGetItem', 'Query'].map((action) => `dynamodb:${action} ${deliveries}`),
  ],
};

describe('each function may do what its code does, and nothing else', () => {
  const template = templateOf('preview', { targetArns: Object.values(targetArns), notifyFrom, pubsub });

  it.each(stems)('%s', (stem) => {
    const granted = grantsOf(template, stem)
      .filter((grant) => !isTheMappings(stem, grant))
      .map(withoutDetail);
    const used = usesOf(stem);
    expect(granted.filter((grant) => !used.includes(grant))).toEqual([]);
    const missing = used.filter((use) => !granted.includes(use) && !neverCalled[stem]?.includes(use));
    expect(missing).toEqual([]);
  });

  it('and what it never calls is told here only as long as its code has it', () => {
    for (const [stem, uses] of Object.entries(neverCalled)) {
      const used = usesOf(stem as FunctionName);
      const granted = grantsOf(template, stem).map(withoutDetail);
      expect(uses.filter((use) => !used.includes(use) || granted.includes(use))).toEqual([]);
    }
  });
});

/** What the event-source mapping does in the function's name. */
function isTheMappings(stem: FunctionName, grant: string): boolean {
  return functions[stem].trigger === 'queue'
    ? /^sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) .*\/Queue$/.test(grant)
    : /^kinesis:(Describe|GetRecords|GetShard|ListShards)/.test(grant);
}

/** One table with its indexes, one family of secrets. */
function withoutDetail(grant: string): string {
  return grant.replace(/\/index\/.*$/, '').replace(/ secrets\/.*$/, ' secrets');
}

/** `action store` for every command in the adapters that the handler imports, directly or not. */
function usesOf(stem: FunctionName): readonly string[] {
  const adapters = sourcesOf(stem).filter(
    (file) => file.includes('/aws/') && !sharedByAdapters.includes(nameOf(file)),
  );
  const uses = adapters.flatMap((file) =>
    commandsIn(file).flatMap((command) => {
      const action = actionOf[command];
      const stores = storesOf(nameOf(file), stem);
      if (action === undefined || stores === undefined) {
        throw new Error(`this test knows nothing of ${command} in ${file}`);
      }
      return stores.map((store) => `${action} ${store}`);
    }),
  );
  return [...new Set(uses)];
}

function sourcesOf(stem: FunctionName): readonly string[] {
  const { metafile } = buildSync({
    entryPoints: [join(lambdas, `${functions[stem].handler}.ts`)],
    outdir: tmpdir(),
    absWorkingDir: resolve(lambdas, '..'),
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    packages: 'external',
  });
  return Object.keys(metafile.inputs);
}

function commandsIn(file: string): readonly string[] {
  return [
    ...sourceOf(file).matchAll(
      /new (\w+Command)\(|\b(paginate\w+|batchRead|readPage|readPartition|scanPage|putRecords|sendInBatches)\(/g,
    ),
  ].map(([, command, helper]) => command ?? helper ?? '');
}

function fileOf(stem: FunctionName): string {
  return join(bundles[stem], 'index.js');
}

function sizeOf(stem: FunctionName): number {
  return statSync(fileOf(stem)).size / 1000;
}

function sourceOf(file: string): string {
  return readFileSync(resolve(lambdas, '..', file), 'utf8');
}

function nameOf(file: string): string {
  return basename(file, '.ts');
}
