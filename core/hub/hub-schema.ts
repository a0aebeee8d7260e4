import * as z from 'zod';

/** Also a stage's settings are held against this, before they are deployed: it imports nothing of ours. */
const text = z.string().min(1).max(1024);

/** As base64 it is as much as the receiver library lets a state have. */
const MAX_STATE_BYTES = 6144;

/** As Azure names hubs; `*` stands for those that are not named. */
const hubName = z
  .string()
  .regex(
    /^(\*|[A-Za-z][\w`,.[\]-]{0,127})$/,
    'expected the name of a hub: a letter, then letters, digits and "_"; or "*"',
  );

/** What one of the values must be. */
const condition = z
  .strictObject({
    equals: text.optional(),
    oneOf: z.array(text).min(1).max(1000).optional(),
    present: z.boolean().optional(),
  })
  .refine(
    (value) => Object.keys(value).length === 1,
    'expected one of {"equals": "…"}, {"oneOf": ["…"]} and {"present": true}',
  );

const conditions = z.record(text, condition);

/** All of it must fit. Claims are the token's, query and headers the client's own choice. */
const when = z
  .strictObject({
    claims: conditions,
    query: conditions,
    headers: conditions,
    subprotocols: condition,
    /** Thumbprints of client certificates: SHA-1 in hexadecimal. */
    certificates: condition,
    /** The user that the service names. */
    userId: condition,
  })
  .partial();

const allow = z
  .strictObject({
    groups: z.array(text),
    roles: z.array(text),
    /** The claim that names the user, instead of the service. */
    userId: z.strictObject({ claim: text }),
    /** Of those that the client offers the first of these is chosen. */
    subprotocols: z.array(text),
    /** What the connection's state begins with. */
    state: z
      .record(text, z.json())
      .refine(
        (state) => Buffer.byteLength(JSON.stringify(state)) <= MAX_STATE_BYTES,
        `a state has at most ${MAX_STATE_BYTES} bytes of JSON: it travels in a header`,
      ),
  })
  .partial();

const deny = z.strictObject({
  status: z.literal([401, 403], 'expected 401 or 403'),
  text: text.optional(),
});

const rule = z
  .strictObject({ when: when.optional(), allow: allow.optional(), deny: deny.optional() })
  .refine(
    (value) => (value.allow === undefined) !== (value.deny === undefined),
    'a rule has either "allow" or "deny"',
  );

const origin = z
  .string()
  .regex(
    /^(\*|(https?:\/\/)?(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?\/?)$/i,
    'expected the host of a service, such as "contoso.webpubsub.azure.com", or "*"',
  );

const hub = z
  .strictObject({
    allowedOrigins: z.array(origin),
    allowedRate: z.int().min(1),
    anonymous: z.boolean(),
    rules: z.array(rule).max(100, 'at most 100 rules'),
  })
  .partial();

/** `{hub: {allowedOrigins, allowedRate, anonymous, rules}}`: who may connect to which hub. */
export const hubsSchema = z
  .record(hubName, hub)
  .refine((hubs) => haveOwnNames(Object.keys(hubs)), 'names of hubs differ in more than their case');

/** What Azure's portal shows, to be copied whole. */
const connectionString = z
  .string()
  .regex(
    /^(?=.*\bendpoint=[^;\s]+)(?=.*\baccesskey=[^;\s]+)[^\r\n]+$/i,
    'expected a connection string: "Endpoint=https://…;AccessKey=…;Version=1.0;"',
  );

/** It stands in a URL as it is; a shorter one could be guessed. */
const code = z
  .string()
  .regex(/^[\w.~-]{16,256}$/, 'a code has 16 to 256 letters, digits, "-", ".", "_" and "~"');

/** `{accessKeys: [connection string], codes: {hub: [code]}}`: by what the services prove who they are. */
export const hubKeysSchema = z
  .strictObject({ accessKeys: z.array(connectionString), codes: z.record(hubName, z.array(code).min(1)) })
  .partial();

export type HubSettings = z.infer<typeof hub>;
export type ConnectRule = z.infer<typeof rule>;
export type ConnectGrant = z.infer<typeof allow>;
export type ConnectConditions = z.infer<typeof when>;
export type Condition = z.infer<typeof condition>;

function haveOwnNames(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}
