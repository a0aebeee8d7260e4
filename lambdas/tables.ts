/**
 * THE MAP of the stores: table → keys, indexes, expiry. `lib` creates the tables from it, the adapters in
 * `aws/` read and write by it. Indexes hold keys alone, so that a look-up finds the key and reads the row
 * consistently; the one that lists holds what it lists.
 */
export interface TableIndex {
  readonly partitionKey: string;
  readonly sortKey?: string;
  /** Attributes that the index holds beside the keys. @default none */
  readonly include?: readonly string[];
}

export interface TableDefinition {
  readonly partitionKey: string;
  readonly sortKey?: string;
  readonly indexes: Readonly<Record<string, TableIndex>>;
  /** Attribute with the expiry in epoch seconds. TTL is late: readers filter what has expired. */
  readonly timeToLive?: string;
}

export const tables = {
  profiles: {
    partitionKey: 'user_id',
    // Only the marks that erasures leave expire.
    timeToLive: 'expires_at',
    indexes: {
      'by-uuid': { partitionKey: 'uuid' },
      'by-primary-email': { partitionKey: 'primary_email' },
      'by-primary-username': { partitionKey: 'primary_username' },
      // All that `/v2/users/id/all` tells: a page of a thousand people is one read of 200 kB.
      'by-connection-method': {
        partitionKey: 'connection_method',
        sortKey: 'user_id',
        include: ['uuid', 'primary_email', 'active'],
      },
    },
  },
  'change-statuses': {
    partitionKey: 'sequence_number',
    // Sequence numbers are unique per shard only. `tries#<shard id>`: tries of a record that may take integration down.
    sortKey: 'shard_id',
    indexes: {},
    timeToLive: 'expires_at',
  },
  /**
   * partition `topic#<door>/<name>`: sort `topic` or `subscription#<id>`; `topic#<door>:<pattern>`: the same, by pattern;
   * partition `subscription#<id>`: sort `reference`, the way from an id to its topic; sort `runs`, how many there
   * were; sort `replay#<run>`; partition `replays`, sort `<subscription id>#<run>`: replays that are not over;
   * partition `account#<id>`: sort `account` or `key#<id>`; partition `credential#<sha256 of the secret>`;
   * partition `accounts`, sort = id;
   * partition `topics`, sort = `<door>/<name>`, and partition `owner#<subject>`, sort = `<created at>#<id>`:
   * rows that only list what lies elsewhere;
   * partition `target#<subscription id>`: sort `rate#<per second>` and `permits#<n>`, what its limits count;
   * partition `origin#<its URL, without user and password>`, sort `sweep`: what recovery remembers of an application, and who is at it;
   * partition `notice#<event id>`, sort `notice`: whether an owner was mailed;
   * partition `topic#topics/<name>`, sort `claim#<hash>`: which subscription a consumer's target and type belong to;
   * partition `directory#topics` and `directory#consumers`, sort = number: what the topics door has numbered;
   * partition `counter#topics` and `counter#consumers`, sort `counter`: the last of those numbers;
   * partition `resumptions`, sort = subscription id: consumers that were resumed or deleted a moment ago.
   */
  registry: {
    partitionKey: 'partition',
    sortKey: 'sort',
    indexes: {},
    timeToLive: 'expires_at',
  },
  /**
   * partition `topic#<door>/<name>#<write shard>`, sort = order: the history;
   * partition `event#<id>`, sort `marker`: the winning sequence number, order and fan-out plan;
   * partition `dedupe#<door>#<key>`, sort `claim`: the event that is not a duplicate, and until when others are;
   * partition `call#<hash>`, sort `claim`: what an Idempotency-Key was used with;
   * partition `counter#<door>`, sort `counter`: the numbers that were leased;
   * partition `unprocessable#<shard id>`, sort = sequence number: records that could not be read;
   * partition `tries#<shard id>`, sort = sequence number: tries of a record that may take dispatch down.
   */
  events: {
    partitionKey: 'partition',
    sortKey: 'sort',
    indexes: {},
    timeToLive: 'expires_at',
  },
  deliveries: {
    // `<event id>#<0..15>`: one event may fan out to thousands, so its rows are spread.
    partitionKey: 'event_shard',
    // `<subscription id>#<run>`
    sortKey: 'subscription_run',
    indexes: {
      'by-subscription': { partitionKey: 'subscription_day', sortKey: 'created_order' },
      'by-due': { partitionKey: 'due_shard', sortKey: 'due_at' },
      'by-dead': { partitionKey: 'dead_shard', sortKey: 'dead_at' },
    },
    timeToLive: 'expires_at',
  },
  /**
   * partition `message#<id>`, sort `message`: a message that goes out at a time, and a row for each further id that it
   * was accepted under. Those that are not released yet are listed by the index: their rows are large.
   */
  'scheduled-messages': {
    partitionKey: 'partition',
    sortKey: 'sort',
    indexes: {
      'by-due': {
        partitionKey: 'due_shard',
        sortKey: 'due_at',
        include: ['message_id', 'topic', 'scheduled_at', 'accepted_at'],
      },
    },
    timeToLive: 'expires_at',
  },
  /** One row for each erasure: its progress while it works, then its receipt. */
  erasures: {
    partitionKey: 'erasure_id',
    // `open` is there only while there is work to do.
    indexes: { 'by-open': { partitionKey: 'open', sortKey: 'requested_at' } },
  },
} as const satisfies Record<string, TableDefinition>;

export type TableName = keyof typeof tables;
