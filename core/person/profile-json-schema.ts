import {
  type AttributeDefinition,
  attributeDefinitions,
  attributePaths,
  type GroupName,
  groupNames,
} from './attributes';
import { classifications, displayLevels, publisherNames } from './profile';

/** As much of JSON Schema, draft 04, as profiles need. */
type Schema = Readonly<Record<string, unknown>>;

const dateTime = { type: 'string', format: 'date-time' };

/**
 * The schema of a whole profile v2 as JSON Schema, for readers and publishers elsewhere; draft 04, because that is
 * what the original's validators speak. It follows from the attributes' definitions, as what the doors check does.
 * What a publisher submits may lack any attribute; a group holds no more than its members, which the published schema
 * lets be free in classification and display where its own rules lie on the group (see `attributes.ts`).
 */
export function profileJsonSchema(): Schema {
  const shapes = new Map<string, Schema>();
  for (const path of attributePaths) {
    shapes.set(shapeName(attributeDefinitions[path]), attributeSchema(attributeDefinitions[path]));
  }
  const groups = Object.fromEntries(groupNames.map((group) => [group, groupSchema(group)]));
  return {
    $schema: 'http://json-schema.org/draft-04/schema#',
    title: 'Profile v2',
    ...closed({ schema: { type: 'string' }, ...members(), ...groups }),
    definitions: {
      signature: closed({
        publisher: signatureSchema({ enum: publisherNames }),
        additional: { type: 'array', items: signatureSchema({ type: ['null', 'string'] }) },
      }),
      ...Object.fromEntries(shapes),
    },
  };
}

/** An object of exactly these members. */
function closed(properties: Readonly<Record<string, Schema>>, required = Object.keys(properties)): Schema {
  return {
    type: 'object',
    properties,
    // Draft 04 takes no empty list.
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function signatureSchema(name: Schema): Schema {
  return closed({
    alg: { enum: ['HS256', 'RS256', 'RSA', 'ED25519'] },
    typ: { enum: ['JWS', 'PGP'] },
    name,
    value: { type: 'string' },
  });
}

/** Attributes that are alike share a definition. */
function shapeName({ kind, classification, displays = [] }: AttributeDefinition): string {
  const words = [kind, classification ?? 'any', ...displays.map((level) => level ?? 'undecided')].join(' ');
  return words
    .toLowerCase()
    .replace(/[^a-z]+/g, '-')
    .replace(/-$/, '');
}

function attributeSchema({ kind, classification, displays }: AttributeDefinition): Schema {
  const metadata = closed({
    classification: { enum: classification ? [classification] : classifications },
    last_modified: dateTime,
    created: dateTime,
    verified: { type: 'boolean' },
    display: { enum: displays ?? [...displayLevels, null] },
  });
  const signature = { $ref: '#/definitions/signature' };
  const content = contents[kind];
  return kind === 'string' || kind === 'boolean'
    ? closed({ signature, metadata, value: content })
    : closed({ signature, metadata, values: content });
}

const contents: Readonly<Record<AttributeDefinition['kind'], Schema>> = {
  string: { type: ['null', 'string'] },
  boolean: { type: ['null', 'boolean'] },
  values: {},
  map: { type: ['null', 'object'] },
};

function groupSchema(group: GroupName): Schema {
  // None of the identities is required.
  return group === 'identities' ? closed(members(group), []) : closed(members(group));
}

/** The attributes that lie directly in `group`, or at the top. */
function members(group?: GroupName): Record<string, Schema> {
  const prefix = group === undefined ? '' : `${group}.`;
  return Object.fromEntries(
    attributePaths
      .filter((path) => (group === undefined ? !path.includes('.') : path.startsWith(prefix)))
      .map((path) => [
        path.slice(prefix.length),
        { $ref: `#/definitions/${shapeName(attributeDefinitions[path])}` },
      ]),
  );
}
