import { type OutputUnit, type Schema, Validator } from '@cfworker/json-schema';

/** A reply as it was seen, and what had been asked. */
export interface SeenReply {
  readonly method: string;
  /** With its parameters, or the resource; without the query. */
  readonly path: string;
  readonly query?: readonly string[];
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** What the caller was allowed to; left out where nobody knows. */
  readonly scopes?: readonly string[];
}

// biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever document came.
type Document = any;

/**
 * Holds replies against an OpenAPI document.
 * @returns a check: what is not as the document says, in words; nothing when all is.
 */
export function makeReplyCheck(document: Document): (seen: SeenReply) => readonly string[] {
  const validators = new Map<string, Validator>();
  return (seen) => {
    const operation = findOperation(document, seen);
    if (operation === undefined) {
      return seen.status === 405 ? checkBody(problemOf(document), seen) : ['no operation is documented'];
    }
    const declared = resolve(document, operation.responses[`${seen.status}`]);
    if (declared === undefined) {
      return [`the status ${seen.status} is not documented: ${seen.text}`];
    }
    return [...checkBody(declared, seen), ...checkQuery(operation, seen), ...checkScopes(operation, seen)];
  };

  function checkBody(declared: Document, { contentType, text }: SeenReply): readonly string[] {
    if (declared.content === undefined) {
      return text === '' ? [] : ['there is a body where none is documented'];
    }
    const media = declared.content[contentType.split(';')[0] ?? ''];
    if (media === undefined) {
      return [`the media type ${contentType} is not documented`];
    }
    return validatorOf(media.schema)
      .validate(JSON.parse(text))
      .errors.map(({ instanceLocation, error }: OutputUnit) => `${instanceLocation}: ${error}`);
  }

  function validatorOf(schema: Schema): Validator {
    const text = JSON.stringify(schema);
    const known = validators.get(text) ?? makeValidator(document, schema);
    validators.set(text, known);
    return known;
  }
}

/** Of a schema that stands in the document and may refer to others. */
export function makeValidator(document: Document, schema: Schema): Validator {
  return new Validator({ ...schema, components: document.components }, '2020-12', false);
}

/** What a reference refers to, or the thing itself. */
export function resolve(document: Document, thing: Document): Document {
  const reference: string | undefined = thing?.$ref;
  return reference === undefined
    ? thing
    : reference
        .split('/')
        .slice(1)
        .reduce((place, name) => place?.[name], document);
}

function problemOf(document: Document): Document {
  return document.components.responses.BadRequest;
}

function findOperation(document: Document, { method, path }: SeenReply): Document {
  const segments = path.split('/');
  const fits = (template: string) => {
    const words = template.split('/');
    return (
      words.length === segments.length &&
      words.every((word, index) => word.startsWith('{') || word === segments[index])
    );
  };
  const template = path in document.paths ? path : Object.keys(document.paths).find(fits);
  return template === undefined ? undefined : document.paths[template][method.toLowerCase()];
}

/** What a door understands is documented; what is refused need not be. */
function checkQuery(operation: Document, { query = [], status }: SeenReply): readonly string[] {
  const known = (operation.parameters ?? []).map(({ name }: { name: string }) => name);
  return status >= 400
    ? []
    : query.filter((name) => !known.includes(name)).map((name) => `?${name} is not documented`);
}

function checkScopes(operation: Document, { scopes, status, text }: SeenReply): readonly string[] {
  const needed: readonly string[] = operation.security[0]?.token ?? [];
  if (scopes !== undefined && status < 400) {
    return needed.filter((scope) => !scopes.includes(scope)).map((scope) => `${scope} was not needed`);
  }
  const [, missing] = /this call needs the scope \\"([a-z:]+)\\"/.exec(text) ?? [];
  return missing === undefined || [...needed, ...(operation['x-scopes-at-times'] ?? [])].includes(missing)
    ? []
    : [`that ${missing} is needed is not documented`];
}
