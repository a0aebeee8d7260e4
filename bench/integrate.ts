/**
 * What pure integration costs beyond the RSA operations that it cannot do without: `npm run bench:integrate`.
 * A ten-signature create and a two-attribute update, each in turn with the bare operations it contains (the
 * publishers' signatures verified, what `cis` says signed), in rounds. Prints one JSON object: median microseconds
 * and the median of the rounds' ratios.
 */
import { sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { integrateChange } from '../core/change/integrate-change';
import type { IntegrationContext } from '../core/change/integration-context';
import { attributeAt, attributePaths, contentOf } from '../core/person/attributes';
import { parsePublisherKeys } from '../core/person/keys';
import type { Attribute, PartialProfile, Profile } from '../core/person/profile';
import { makePublishers } from '../test/support/publishers';

const ROUNDS = 31;
const CALLS = 40;
const NOW = '2027-01-01T00:00:00.000Z';
const LATER = '2027-01-01T00:00:01.000Z';

const vector = (name: string): PartialProfile =>
  JSON.parse(readFileSync(path.join(__dirname, '../test/vectors', `${name}.json`), 'utf8'));

function main(): void {
  const context: IntegrationContext = {
    ...makePublishers().context,
    publisherKeys: parsePublisherKeys(vector('publishers_jwks')),
  };
  const create = vector('create-by-ldap');
  const update = vector('update-by-mozilliansorg');
  const created = integrateChange(undefined, create, context, NOW);
  if (created.state !== 'integrated') {
    throw new Error('the vector does not integrate');
  }
  console.log(
    JSON.stringify({
      create: measure(undefined, create, context),
      update: measure(created.profile, update, context),
    }),
  );
}

function measure(stored: Profile | undefined, change: PartialProfile, context: IntegrationContext) {
  const integrate = () => integrateChange(stored, change, context, LATER);
  const outcome = integrate();
  if (outcome.state !== 'integrated') {
    throw new Error('the vector does not integrate');
  }
  // What differs from the stored profile is verified in this call, or signed where it names cis.
  const verifies = operationsOf(change, (name) => name !== 'cis', stored);
  const signs = operationsOf(outcome.profile, (name) => name === 'cis', stored);
  const bare = () => {
    for (const { text, signature, name } of verifies) {
      verify('sha256', text, context.publisherKeys.get(name)?.[0] as never, signature);
    }
    for (const { text } of signs) {
      sign('sha256', text, context.cisKey);
    }
  };
  const rounds = Array.from({ length: ROUNDS }, () => ({ whole: time(integrate), floor: time(bare) })).slice(
    1,
  );
  return {
    verifies: verifies.length,
    signs: signs.length,
    integrate_us: median(rounds.map(({ whole }) => whole)),
    rsa_us: median(rounds.map(({ floor }) => floor)),
    ratio: median(rounds.map(({ whole, floor }) => whole / floor)),
  };
}

/** The signatures of a document, as bytes. */
function operationsOf(
  profile: PartialProfile,
  isWanted: (publisher: string) => boolean,
  before?: PartialProfile,
) {
  return attributePaths.flatMap((place) => {
    const attribute = attributeAt(profile, place) as Attribute | undefined;
    const { name = '', value = '' } = attribute?.signature.publisher ?? {};
    const isNew = !before || attributeAt(before, place)?.signature.publisher.value !== value;
    if (!attribute || contentOf(attribute) === null || value === '' || !isNew || !isWanted(name)) {
      return [];
    }
    const dot = value.lastIndexOf('.');
    const signature = Buffer.from(value.slice(dot + 1), 'base64url');
    return [{ text: Buffer.from(value.slice(0, dot)), signature, name: name as never }];
  });
}

/** Microseconds of one call, the mean over a few. */
function time(call: () => unknown): number {
  const startedAt = performance.now();
  for (let index = 0; index < CALLS; index += 1) {
    call();
  }
  return ((performance.now() - startedAt) * 1000) / CALLS;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? 0).toFixed(2));
}

main();
