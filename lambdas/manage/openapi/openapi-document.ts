import { STATUS_CODES } from 'node:http';
import { version } from '../../../core/version';
import { documentedDoors } from './documented-doors';
import { makeOpenapiSchemas, type OpenapiSchemas, problemReply } from './openapi-schemas';
import type { Operation, OperationBody, OperationReply } from './operation';

type Json = Readonly<Record<string, unknown>>;

export interface OpenapiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly tags: readonly Json[];
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly responses: Readonly<Record<string, Json>>;
    readonly securitySchemes: Json;
  };
}

/** The same credentials everywhere: which of them is the caller's affair. */
const securitySchemes = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'A token of the issuer; its scopes say what it may do',
  },
  api_key: { type: 'http', scheme: 'bearer', description: 'The API key or access token of an account' },
  basic: {
    type: 'http',
    scheme: 'basic',
    description: 'The same key as the password, under any user name, for clients that can only set a URL',
  },
};

/** The OpenAPI 3.1 document of `/v1`: composed from the operations of the doors and the schemas they parse with. */
export function makeOpenapiDocument(): OpenapiDocument {
  const schemas = makeOpenapiSchemas(documentedDoors);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { tag, operations } of documentedDoors) {
    for (const operation of operations) {
      const path = paths[operation.path] ?? {};
      path[operation.method.toLowerCase()] = { tags: [tag], ...toOperation(operation, schemas) };
      paths[operation.path] = path;
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Changewire',
      version,
      description:
        'The management API. Every refusal is problem details (RFC 9457), and leaves nothing behind.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    tags: documentedDoors.map(({ tag, description }) => ({ name: tag, description })),
    paths,
    components: { schemas: schemas.named, responses: refusals(schemas), securitySchemes },
  };
}

function toOperation(operation: Operation, schemas: OpenapiSchemas): Json {
  const { id, summary, description, body, scopes } = operation;
  const parameters = toParameters(operation, schemas);
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    // OpenAPI 3.1: for schemes other than OAuth the names are roles that a call needs.
    security: scopes === undefined ? [] : [{ token: scopes }, { api_key: scopes }, { basic: scopes }],
    ...(operation.scopesAtTimes && { 'x-scopes-at-times': operation.scopesAtTimes }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: toRequestBody(body, schemas) }),
    responses: toResponses(operation, schemas),
  };
}

function toParameters(operation: Operation, schemas: OpenapiSchemas): readonly Json[] {
  const { path, query, method, isRepeatable = method === 'POST' } = operation;
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const shape = Object.entries(query?.shape ?? {});
  const inQuery = shape.map(([name, schema]) => {
    const { description, ...rest } = schemas.parameter(schema);
    const required = !schema.safeParse(undefined).success;
    return { name, in: 'query', required, ...(description !== undefined && { description }), schema: rest };
  });
  return [...inPath, ...inQuery, ...(isRepeatable ? [idempotencyKey] : [])];
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the call repeatable: under the same key it finds what it has made, marked `Idempotent-Replay: true`, whenever it comes. With another body it is refused (409), but for events: there the first ones stay.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
};

function toRequestBody(body: OperationBody, schemas: OpenapiSchemas): Json {
  const types = { 'application/json': body, ...body.otherTypes };
  return {
    required: !body.isOptional,
    content: Object.fromEntries(
      Object.entries(types).map(([type, { schema, example }]) => [
        type,
        { schema: schemas.request(schema), example },
      ]),
    ),
  };
}

function toResponses(operation: Operation, schemas: OpenapiSchemas): Json {
  const { success, otherSuccess } = operation;
  const problems = refusalsOf(operation).map(
    (status) => [status, { $ref: `#/components/responses/${nameOf(status)}` }] as const,
  );
  const successes = [success, ...(otherSuccess ? [otherSuccess] : [])];
  return Object.fromEntries([
    ...successes.map((reply) => [reply.status, toReply(reply, schemas)] as const),
    ...problems,
  ]);
}

function toReply({ description, schema, mediaType, headers }: OperationReply, schemas: OpenapiSchemas): Json {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, says]) => [
          name,
          { description: says, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(schema && { content: { [mediaType ?? 'application/json']: { schema: schemas.reply(schema) } } }),
  };
}

/** One for each status that some operation refuses with. */
function refusals(schemas: OpenapiSchemas): Record<string, Json> {
  const content = { 'application/problem+json': { schema: schemas.reply(problemReply) } };
  const statuses = documentedDoors.flatMap(({ operations }) => operations.flatMap(refusalsOf));
  return Object.fromEntries(
    statuses.map((status) => [nameOf(status), { description: STATUS_CODES[status], content }]),
  );
}

function refusalsOf({ scopes, refusals }: Operation): readonly number[] {
  return [...(scopes === undefined ? [] : [401, 403]), ...refusals, 500];
}

/** `NotFound`. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? `${status}`).replaceAll(/\W/g, '');
}
