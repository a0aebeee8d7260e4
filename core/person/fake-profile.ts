import type { Json } from '../json';
import { attributeDefinitions, withAttributes } from './attributes';
import { emptyAttribute, emptyProfile } from './empty-profile';
import { describeFakePerson, type FakeClaim, fakeIdentifiers } from './fake-person';
import type { Attribute, AttributePath, Display, Profile } from './profile';
import { type SeededNumbers, seededNumbers } from './seeded-numbers';

export interface FakeProfileOptions {
  /** Another seed gives other people. */
  readonly seed: string;
  /** Which of the seed's people, from 0. */
  readonly index: number;
  /** ISO 8601: when all of it was said. */
  readonly at: string;
  /**
   * With a uuid and a primary_username of its own, as the developer preview takes a new profile. Everywhere else
   * it is refused, because there `cis` mints them.
   */
  readonly withIdentifiers?: boolean;
}

/** The one of each seed's people who has left. */
const INACTIVE_INDEX = 1;

/** Most people let others see most of what they say. */
const displays: readonly Display[] = [
  ...(['public', 'public', 'authenticated', 'authenticated', 'vouched'] as const),
  ...(['vouched', 'ndaed', 'staff', 'private', null] as const),
];

/**
 * A person who does not exist: a whole profile, valid by the schema, unsigned, each attribute in the name of a
 * publisher who may create it. The connection methods take turns. It follows from the arguments alone.
 */
export function fakeProfile({ seed, index, at, withIdentifiers = false }: FakeProfileOptions): Profile {
  const numbers = seededNumbers(`${seed}#${index}`);
  const person = describeFakePerson(numbers, { seed, index, at, isActive: index !== INACTIVE_INDEX });
  const claims = { ...person.claims, ...(withIdentifiers && fakeIdentifiers(seed, person)) };
  const attributes = Object.entries(claims).map(([path, claim]): [AttributePath, Attribute] => [
    path as AttributePath,
    claimedAttribute(path as AttributePath, claim, numbers, at),
  ]);
  return withAttributes(emptyProfile(), new Map(attributes));
}

/** The first people of a seed; one of them is inactive, when there is more than one. */
export function fakeProfiles(count: number, options: Omit<FakeProfileOptions, 'index'>): readonly Profile[] {
  return Array.from({ length: count }, (_, index) => fakeProfile({ ...options, index }));
}

function claimedAttribute(
  path: AttributePath,
  { publisher, content, display }: FakeClaim,
  numbers: SeededNumbers,
  at: string,
): Attribute {
  const empty = emptyAttribute(path);
  const chosen = display === 'chosen' ? chooseDisplay(path, numbers) : empty.metadata.display;
  return {
    signature: { ...empty.signature, publisher: { ...empty.signature.publisher, name: publisher } },
    metadata: { ...empty.metadata, last_modified: at, created: at, display: chosen },
    ...('values' in empty ? { values: content } : { value: content }),
  } as Attribute & { readonly values: Json };
}

function chooseDisplay(path: AttributePath, numbers: SeededNumbers): Display {
  const display = numbers.pick(displays);
  const { displays: allowed, defaults } = attributeDefinitions[path];
  return allowed === undefined || allowed.includes(display) ? display : defaults.display;
}
