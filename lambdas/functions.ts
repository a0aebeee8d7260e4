/**
 * THE MAP of the functions: stem → handler file, trigger, environment, size. `lib` builds every function from
 * it; a handler reads its environment by its stem. A variable that is missing or surplus does not compile on
 * either side.
 */
export interface FunctionDefinition {
  /** `lambdas/<handler>.ts` exports `handler`. */
  readonly handler: string;
  readonly trigger: 'http' | 'stream' | 'queue' | 'schedule' | 'custom-resource';
  /** What the function does, in one line: its description in AWS and in docs/functions.md. */
  readonly description: string;
  readonly environment: readonly string[];
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
}

const tokens = ['VERIFY_TOKENS', 'JWKS_URI', 'TOKEN_ISSUER', 'TOKEN_AUDIENCE'] as const;

/** What every worker that makes attempts reads and writes. */
const worker = [
  'REGISTRY_TABLE_NAME',
  'EVENTS_TABLE_NAME',
  'DELIVERIES_TABLE_NAME',
  'DEAD_LETTER_QUEUE_URL',
  'EVENTS_STREAM_NAME',
  'NOTICES_QUEUE_URL',
] as const;

/** API Gateway gives up after 29 s; a door that takes longer than this is broken, not slow. */
const DOOR_TIMEOUT_SECONDS = 15;

/** A caller may ask these to wait for up to 20 s. */
const WAITING_DOOR_TIMEOUT_SECONDS = 25;

/** What most doors are: quick, and small. */
const door = { trigger: 'http', memoryMegabytes: 512, timeoutSeconds: DOOR_TIMEOUT_SECONDS } as const;

export const functions = {
  'submit-change': {
    handler: 'change/submit-change',
    trigger: 'http',
    description:
      'Accepts profile changes, one or many: checks their shape, appends them to the changes stream.',
    environment: [
      ...tokens,
      'CHANGES_STREAM_NAME',
      'CHANGE_STATUSES_TABLE_NAME',
      'V2_WAIT_SECONDS',
      'ALLOW_DELETE',
    ],
    // A batch of 4 MB is held, checked and compressed.
    memoryMegabytes: 1024,
    timeoutSeconds: WAITING_DOOR_TIMEOUT_SECONDS,
  },
  'read-change-status': {
    handler: 'change/read-change-status',
    trigger: 'http',
    description: 'Says how the change with a sequence number ended.',
    environment: [...tokens, 'CHANGE_STATUSES_TABLE_NAME'],
    memoryMegabytes: 512,
    timeoutSeconds: WAITING_DOOR_TIMEOUT_SECONDS,
  },
  'integrate-changes': {
    handler: 'change/integrate-changes',
    trigger: 'stream',
    description: 'Verifies the changes of the stream and integrates them into profiles.',
    environment: [
      'PROFILES_TABLE_NAME',
      'CHANGE_STATUSES_TABLE_NAME',
      'EVENTS_STREAM_NAME',
      'CIS_KEY_SECRET_ID',
      'PUBLISHERS_JWKS_SECRET_ID',
      'PUBLISHER_RULES_SECRET_ID',
      'VERIFY_SIGNATURES',
      'VERIFY_PUBLISHERS',
      'ALLOW_MINTED_IDENTIFIERS',
    ],
    memoryMegabytes: 1024,
    timeoutSeconds: 60,
  },
  'read-person': {
    handler: 'person/read-person',
    ...door,
    description: 'Finds one profile by user_id, uuid, primary_email or primary_username.',
    environment: [...tokens, 'PROFILES_TABLE_NAME', 'PUBLIC_METADATA'],
  },
  'list-people': {
    handler: 'person/list-people',
    trigger: 'http',
    description: 'Lists profiles page by page: all, by connection method, by an attribute.',
    environment: [...tokens, 'PROFILES_TABLE_NAME'],
    // A search unpacks a thousand profiles for a page.
    memoryMegabytes: 1024,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'read-well-known': {
    handler: 'person/read-well-known',
    ...door,
    description: 'Tells publishers and readers of the end points, the keys, the rules and the schema.',
    environment: [
      'TOKEN_ISSUER',
      'TOKEN_AUDIENCE',
      'PUBLIC_BASE_URL',
      'PUBLISHERS_JWKS_SECRET_ID',
      'PUBLISHER_RULES_SECRET_ID',
    ],
  },
  'manage-topics': {
    handler: 'manage/topics/manage-topics',
    ...door,
    description: 'Makes, lists, reads, changes and deletes topics, with their schemas.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME'],
  },
  'manage-subscriptions': {
    handler: 'manage/subscriptions/manage-subscriptions',
    ...door,
    description: 'Makes, lists, reads, changes, tests and deletes subscriptions; rotates secrets.',
    environment: [
      ...tokens,
      'PUBLIC_BASE_URL',
      'REGISTRY_TABLE_NAME',
      'EVENTS_TABLE_NAME',
      'DELIVERIES_QUEUE_URL',
      'ALLOW_PRIVATE_TARGETS',
      'TARGET_ARNS',
    ],
  },
  'manage-events': {
    handler: 'manage/events/manage-events',
    trigger: 'http',
    description: 'Publishes events, plain or as CloudEvents; reads, lists and counts them.',
    environment: [
      ...tokens,
      'REGISTRY_TABLE_NAME',
      'EVENTS_TABLE_NAME',
      'DELIVERIES_TABLE_NAME',
      'EVENTS_STREAM_NAME',
    ],
    // A body of 4 MB is held, sliced, judged and compressed.
    memoryMegabytes: 1024,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'publish-events': {
    handler: 'events/publish-events',
    trigger: 'http',
    description: 'Publishes events as bc-events sends them, one or many, each with its own result.',
    environment: [
      ...tokens,
      'REGISTRY_TABLE_NAME',
      'EVENTS_STREAM_NAME',
      'REQUIRE_AUTH',
      'ACCEPT_UNKNOWN_TOPICS',
    ],
    // As manage-events.
    memoryMegabytes: 1024,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'manage-consumers': {
    handler: 'topics/manage-consumers',
    trigger: 'http',
    description: 'Makes, lists, changes and deletes the topics and consumers of Postoffice’s clients.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME', 'REQUIRE_AUTH', 'ALLOW_PRIVATE_TARGETS', 'PUBLISHES'],
    // The more memory, the sooner a new instance answers: its callers wait for half a second.
    memoryMegabytes: 1024,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'accept-messages': {
    handler: 'topics/accept-messages',
    trigger: 'http',
    description: 'Takes the messages of Postoffice’s clients and appends them to the events stream.',
    environment: [
      ...tokens,
      'REGISTRY_TABLE_NAME',
      'EVENTS_STREAM_NAME',
      'REQUIRE_AUTH',
      'MAX_BULK_MESSAGES',
      'SCHEDULED_MESSAGES_TABLE_NAME',
      'RELEASES_QUEUE_URL',
    ],
    // As manage-events; and the more memory, the sooner a new instance answers: its callers wait for half a second.
    memoryMegabytes: 1024,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'handle-hub-events': {
    handler: 'hub/handle-hub-events',
    ...door,
    description: 'Decides who connects to a hub of Web PubSub, and takes what its connections tell.',
    environment: ['EVENTS_STREAM_NAME', 'HUBS_SECRET_ID', 'HUB_KEYS_SECRET_ID', 'REQUIRE_AUTH'],
  },
  'manage-deliveries': {
    handler: 'manage/deliveries/manage-deliveries',
    ...door,
    description: 'Lists deliveries with their attempts and sends dead letters again.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME', 'DELIVERIES_TABLE_NAME', 'DELIVERIES_QUEUE_URL'],
  },
  'read-webhook-keys': {
    handler: 'webhooks/read-webhook-keys',
    trigger: 'http',
    description: 'Publishes the keys by which the webhooks of a subscription are verified.',
    environment: ['REGISTRY_TABLE_NAME'],
    memoryMegabytes: 512,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'accept-grant': {
    handler: 'webhooks/accept-grant',
    ...door,
    description: 'Takes the grants of receivers of CloudEvents that come by callback.',
    environment: ['REGISTRY_TABLE_NAME'],
  },
  'manage-erasures': {
    handler: 'manage/erasures/manage-erasures',
    ...door,
    description: 'Takes on the erasure of a subject, and shows its progress and receipt.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME', 'ERASURES_TABLE_NAME'],
  },
  'manage-accounts': {
    handler: 'manage/accounts/manage-accounts',
    ...door,
    description: 'Makes, lists, changes and deletes accounts, and their API keys.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME', 'TOKEN_SECRET_ID'],
  },
  'register-account': {
    handler: 'webhooks/register-account',
    ...door,
    description: 'Registers an ADS account by its user_id and gives its access token.',
    environment: [
      ...tokens,
      'REGISTRY_TABLE_NAME',
      'REGISTRATION_TOKEN_SECRET_ID',
      'TOKEN_SECRET_ID',
      'OPEN_REGISTRATION',
    ],
  },
  'subscribe-callback': {
    handler: 'webhooks/subscribe-callback',
    ...door,
    description: 'Subscribes the callback URL of an ADS account to an event.',
    environment: ['REGISTRY_TABLE_NAME'],
  },
  'trigger-event': {
    handler: 'webhooks/trigger-event',
    ...door,
    description: 'Takes an ADS event and appends it to the events stream.',
    environment: ['EVENTS_STREAM_NAME', 'TRIGGER_TOKEN_SECRET_ID', 'DEDUPE_TRIGGERS', 'DEDUPE_DAYS'],
  },
  'resend-callbacks': {
    handler: 'webhooks/resend-callbacks',
    ...door,
    description: 'Sends the dead letters of ADS subscriptions again.',
    environment: [
      'REGISTRY_TABLE_NAME',
      'DELIVERIES_TABLE_NAME',
      'DELIVERIES_QUEUE_URL',
      'TRIGGER_TOKEN_SECRET_ID',
    ],
  },
  'list-resources': {
    handler: 'webhooks/list-resources',
    trigger: 'http',
    description: 'Tells discovery services what the ADS door offers.',
    environment: [],
    memoryMegabytes: 256,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'manage-replays': {
    handler: 'manage/replays/manage-replays',
    trigger: 'http',
    description: 'Starts, shows and cancels replays of the history to a subscription.',
    environment: [...tokens, 'REGISTRY_TABLE_NAME'],
    memoryMegabytes: 512,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'read-health': {
    handler: 'manage/read-health',
    trigger: 'http',
    description: 'Says that the API answers, and which release it is.',
    environment: ['STAGE'],
    memoryMegabytes: 256,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'read-openapi': {
    handler: 'manage/openapi/read-openapi',
    trigger: 'http',
    description: 'Describes the management API as an OpenAPI document.',
    environment: [],
    memoryMegabytes: 512,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'answer-not-found': {
    handler: 'manage/answer-not-found',
    trigger: 'http',
    description: 'Answers unknown paths in the dialect of the path.',
    environment: [],
    memoryMegabytes: 256,
    timeoutSeconds: DOOR_TIMEOUT_SECONDS,
  },
  'dispatch-events': {
    handler: 'events/dispatch-events',
    trigger: 'stream',
    description: 'Keeps the history and sends one message per event and matching subscription.',
    environment: ['REGISTRY_TABLE_NAME', 'EVENTS_TABLE_NAME', 'DELIVERIES_QUEUE_URL'],
    memoryMegabytes: 1024,
    // One record may hold thousands of events for thousands of subscriptions each.
    timeoutSeconds: 300,
  },
  'deliver-webhooks': {
    handler: 'webhooks/deliver-webhooks',
    trigger: 'queue',
    description:
      'Posts deliveries to their subscribers, signed, once they have agreed; retries, parks or buries what fails.',
    environment: [
      ...worker,
      'DELIVERIES_QUEUE_URL',
      'ALLOW_PRIVATE_TARGETS',
      'FORWARD_PROXY',
      'TARGET_ARNS',
      'PUBLISH_QUEUE_URL',
    ],
    memoryMegabytes: 512,
    // The longest time-out a policy may ask for is 30 s; a batch is posted concurrently.
    timeoutSeconds: 60,
  },
  'publish-deliveries': {
    handler: 'webhooks/publish-deliveries',
    trigger: 'queue',
    description: 'Publishes deliveries to topics of Google Pub/Sub, many in a call.',
    environment: [
      ...worker,
      'DELIVERIES_QUEUE_URL',
      'PUBLISH_QUEUE_URL',
      'FORWARD_PROXY',
      'PUBSUB',
      'PUBSUB_ACCOUNT_SECRET_ID',
    ],
    // A hundred messages of up to 256 kB, as events, as base64 and as calls.
    memoryMegabytes: 1024,
    timeoutSeconds: 60,
  },
  'requeue-deliveries': {
    handler: 'webhooks/requeue-deliveries',
    trigger: 'schedule',
    description: 'Every minute: queues the parked deliveries that are due soon.',
    environment: ['REGISTRY_TABLE_NAME', 'DELIVERIES_TABLE_NAME', 'DELIVERIES_QUEUE_URL'],
    memoryMegabytes: 512,
    timeoutSeconds: 55,
  },
  'resend-dead-letters': {
    handler: 'webhooks/resend-dead-letters',
    trigger: 'schedule',
    description: 'Every minute: settles the dead-letter queue, and sends again what the stage lets it.',
    environment: [
      'REGISTRY_TABLE_NAME',
      'DELIVERIES_TABLE_NAME',
      'DELIVERIES_QUEUE_URL',
      'DEAD_LETTER_QUEUE_URL',
      'EVENTS_STREAM_NAME',
      'RESEND_DEAD_LETTERS_AFTER_MINUTES',
    ],
    memoryMegabytes: 512,
    timeoutSeconds: 55,
  },
  'requeue-messages': {
    handler: 'topics/requeue-messages',
    trigger: 'schedule',
    description: 'Every minute: queues the scheduled messages whose time comes soon.',
    environment: ['SCHEDULED_MESSAGES_TABLE_NAME', 'RELEASES_QUEUE_URL'],
    memoryMegabytes: 512,
    timeoutSeconds: 55,
  },
  'release-messages': {
    handler: 'topics/release-messages',
    trigger: 'queue',
    description: 'Puts scheduled messages into the events stream at their time.',
    environment: ['SCHEDULED_MESSAGES_TABLE_NAME', 'RELEASES_QUEUE_URL', 'EVENTS_STREAM_NAME'],
    memoryMegabytes: 512,
    // It may wait for two seconds, until the moment itself.
    timeoutSeconds: 30,
  },
  'recover-messages': {
    handler: 'topics/recover-messages',
    trigger: 'schedule',
    description: 'Every minute: fetches what applications could not publish, and removes it there.',
    environment: ['REGISTRY_TABLE_NAME', 'EVENTS_STREAM_NAME', 'ALLOW_PRIVATE_TARGETS', 'FORWARD_PROXY'],
    // Five lists of up to 8 MB at a time.
    memoryMegabytes: 1024,
    timeoutSeconds: 55,
  },
  'notify-owners': {
    handler: 'webhooks/notify-owners',
    trigger: 'queue',
    description: 'Mails the owners of subscriptions that fail or were switched off.',
    environment: ['REGISTRY_TABLE_NAME', 'NOTIFY_FROM'],
    memoryMegabytes: 256,
    timeoutSeconds: 30,
  },
  'erase-subject': {
    handler: 'erasure/erase-subject',
    trigger: 'schedule',
    description: 'Every minute: works on the erasures that were asked for, store by store.',
    environment: [
      'ERASURES_TABLE_NAME',
      'PROFILES_TABLE_NAME',
      'CHANGE_STATUSES_TABLE_NAME',
      'EVENTS_TABLE_NAME',
      'DELIVERIES_TABLE_NAME',
      'SETTLE_SECONDS',
      'STREAM_RETENTION_HOURS',
      'LOG_RETENTION_DAYS',
      'HAS_BACKUPS',
    ],
    // A page of the events table unpacks to some tens of megabytes.
    memoryMegabytes: 1024,
    timeoutSeconds: 55,
  },
  'replay-events': {
    handler: 'webhooks/replay-events',
    trigger: 'schedule',
    description: 'Every minute: sends the history of topics to the subscriptions that asked for it.',
    environment: [
      'REGISTRY_TABLE_NAME',
      'EVENTS_TABLE_NAME',
      'DELIVERIES_TABLE_NAME',
      'DELIVERIES_QUEUE_URL',
    ],
    // Pages of a hundred events of up to 256 kB.
    memoryMegabytes: 1024,
    timeoutSeconds: 55,
  },
  'generate-cis-key': {
    handler: 'change/generate-cis-key',
    trigger: 'custom-resource',
    description: 'At deployment: generates the cis signing key into Secrets Manager, once.',
    environment: ['CIS_KEY_SECRET_ID', 'PUBLISHERS_JWKS_SECRET_ID'],
    memoryMegabytes: 512,
    timeoutSeconds: 60,
  },
} as const satisfies Record<string, FunctionDefinition>;

export type FunctionName = keyof typeof functions;

/** Exactly the variables of one function. */
export type Environment<Name extends FunctionName> = Readonly<
  Record<(typeof functions)[Name]['environment'][number], string>
>;

/** The variables that all workers that make attempts have. */
export type WorkerEnvironment = Readonly<Record<(typeof worker)[number], string>>;
