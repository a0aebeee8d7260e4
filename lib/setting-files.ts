import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { MAX_SECRET_BYTES, SettingsError } from './settings';

const publicKey = z.looseObject({ kty: z.string() });
const jwks = z.looseObject({ keys: z.array(publicKey) });
const publishersJwks = z.record(z.string().min(1), jwks);

const name = z.string();
/** Which attributes there are, the functions know: they refuse rules that leave one out. */
const publisherRules = z.strictObject({
  create: z.record(name, z.union([z.array(name), z.record(name, z.array(name))])),
  update: z.record(name, z.union([name, z.record(name, name)])),
});

/** The members of a JWK that must never leave its owner (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/**
 * The publishers' public keys, `{publisher: {keys: [JWK]}}`, as one line of JSON.
 * @throws SettingsError when the file is missing, of another shape, too large, or holds a private key.
 */
export function readPublishersJwks(path: string, baseDirectory: string): string {
  const keys = parseJson(path, baseDirectory, 'publishersJwks', publishersJwks);
  for (const [publisher, set] of Object.entries(keys)) {
    refusePrivateKeys(set.keys, `publishersJwks: a key of "${publisher}" in ${path}`);
  }
  const content = JSON.stringify(keys);
  refuseLargeSecret(content, `publishersJwks: ${path}`);
  return content;
}

/**
 * Who may publish which attribute, `{create, update}`, as one line of JSON.
 * @throws SettingsError when the file is missing, of another shape or too large.
 */
export function readPublisherRules(path: string, baseDirectory: string): string {
  const rules = JSON.stringify(parseJson(path, baseDirectory, 'publisherRules', publisherRules));
  refuseLargeSecret(rules, `publisherRules: ${path}`);
  return rules;
}

/** A PEM or JWK, as it lies in the file. */
export function readCisPrivateKey(path: string, baseDirectory: string): string {
  return readText(path, baseDirectory, 'cisPrivateKey');
}

/** As Google gives it out; what else is in it is kept. */
const serviceAccount = z.looseObject({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string().includes('PRIVATE KEY'),
});

/**
 * The key file of a service account of Google, as one line of JSON.
 * @throws SettingsError when the file is missing, of another shape or too large.
 */
export function readServiceAccount(path: string, baseDirectory: string): string {
  const account = JSON.stringify(parseJson(path, baseDirectory, 'pubsub.serviceAccount', serviceAccount));
  refuseLargeSecret(account, `pubsub.serviceAccount: ${path}`);
  return account;
}

/**
 * A JWKS's address: a URI stays as it is, a file is embedded as a `data:` URI.
 * @throws SettingsError when the file is missing, not a JWKS, or holds a private key.
 */
export function readJwksUri(uriOrFile: string, baseDirectory: string): string {
  if (/^(https?|data):/i.test(uriOrFile)) {
    return uriOrFile;
  }
  const set = parseJson(uriOrFile, baseDirectory, 'jwksUri', jwks);
  refusePrivateKeys(set.keys, `jwksUri: a key in ${uriOrFile}`);
  return `data:application/json;base64,${Buffer.from(JSON.stringify(set)).toString('base64')}`;
}

function parseJson<T>(path: string, baseDirectory: string, setting: string, schema: z.ZodType<T>): T {
  const text = readText(path, baseDirectory, setting);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SettingsError(`${setting}: ${path} is not JSON`);
  }
  const result = schema.safeParse(value);
  if (!result.success) {
    throw new SettingsError(`${setting}: ${path} has the wrong shape: ${z.prettifyError(result.error)}`);
  }
  return result.data;
}

function readText(path: string, baseDirectory: string, setting: string): string {
  const absolute = resolve(baseDirectory, path);
  try {
    return readFileSync(absolute, 'utf8');
  } catch {
    throw new SettingsError(`${setting}: cannot read the file ${absolute}`);
  }
}

function refuseLargeSecret(content: string, what: string): void {
  if (Buffer.byteLength(content) > MAX_SECRET_BYTES) {
    throw new SettingsError(`${what} is larger than ${MAX_SECRET_BYTES} bytes`);
  }
}

function refusePrivateKeys(keys: readonly Record<string, unknown>[], what: string): void {
  const found = keys.flatMap((key) => privateMembers.filter((member) => member in key));
  if (found.length > 0) {
    throw new SettingsError(`${what} is private (it has "${found[0]}"): only public keys belong here`);
  }
}
