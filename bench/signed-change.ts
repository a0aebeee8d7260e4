import { sign, verify } from 'node:crypto';
import { integrateChange } from '../core/change/integrate-change';
import type { IntegrationContext } from '../core/change/integration-context';
import { attributeAt, attributePaths, contentOf } from '../core/person/attributes';
import { parsePublisherKeys } from '../core/person/keys';
import type { Attribute, PartialProfile, Profile } from '../core/person/profile';
import { makePublishers } from '../test/support/publishers';
import { vectorText } from './vectors';

/** Each change comes a second after the one before it: with the same time, cis would sign what it had signed. */
const TIMES = ['2027-01-01T00:00:00.000Z', '2027-01-01T00:00:01.000Z', '2027-01-01T00:00:02.000Z'] as const;

/** One change, the profile that it meets, and what cannot be done without to integrate it. */
export interface SignedChange {
  readonly stored: Profile | undefined;
  /** As it lies in the stream: JSON. */
  readonly text: string;
  readonly context: IntegrationContext;
  /** ISO 8601: when it is integrated. */
  readonly now: string;
  /** The bare RSA operations, one after another. */
  readonly rsa: () => void;
}

/** The changes that integration is measured by: the vectors' create and update, and the update once more. */
export function signedChanges(): Readonly<Record<'create' | 'update' | 'noop', SignedChange>> {
  const context: IntegrationContext = {
    ...makePublishers().context,
    publisherKeys: parsePublisherKeys(JSON.parse(vectorText('publishers_jwks'))),
  };
  const create = vectorText('create-by-ldap');
  const update = vectorText('update-by-mozilliansorg');
  const created = integrated(undefined, create, context, TIMES[0]);
  const updated = integrated(created, update, context, TIMES[1]);
  return {
    create: {
      stored: undefined,
      text: create,
      now: TIMES[0],
      context,
      rsa: rsaOf(undefined, create, created, context),
    },
    update: {
      stored: created,
      text: update,
      now: TIMES[1],
      context,
      rsa: rsaOf(created, update, updated, context),
    },
    noop: { stored: updated, text: update, now: TIMES[2], context, rsa: () => undefined },
  };
}

function integrated(
  stored: Profile | undefined,
  text: string,
  context: IntegrationContext,
  now: string,
): Profile {
  const outcome = integrateChange(stored, JSON.parse(text), context, now);
  if (outcome.state !== 'integrated') {
    throw new Error('the vector does not integrate');
  }
  return outcome.profile;
}

/** What differs from the stored profile is verified, or signed where it names cis. */
function rsaOf(
  stored: Profile | undefined,
  text: string,
  integratedProfile: Profile,
  { publisherKeys, cisKey }: IntegrationContext,
): () => void {
  const verifies = operationsOf(JSON.parse(text), (name) => name !== 'cis', stored);
  const signs = operationsOf(integratedProfile, (name) => name === 'cis', stored);
  return () => {
    for (const { signed, signature, name } of verifies) {
      verify('sha256', signed, publisherKeys.get(name)?.[0] as never, signature);
    }
    for (const { signed } of signs) {
      sign('sha256', signed, cisKey);
    }
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
    return [{ signed: Buffer.from(value.slice(0, dot)), signature, name }];
  });
}
