import type * as z from 'zod';
import type { Scope } from '../../../core/principal';

/** One method of one route of the manage door, as `/openapi.json` tells of it. */
export interface Operation {
  /** What clients that are generated call it: `verbNoun`, one of its kind. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** As in `lambdas/routes.ts`. */
  readonly path: string;
  /** One sentence. */
  readonly summary: string;
  readonly description?: string;
  /** Whoever calls needs all of them; none: any principal. @default nobody has to say who they are */
  readonly scopes?: readonly Scope[];
  /** Those that it needs in some cases; the description says which. */
  readonly scopesAtTimes?: readonly Scope[];
  readonly query?: z.ZodObject;
  readonly body?: OperationBody;
  readonly success: OperationReply;
  /** Another success, such as 200 for what was made before. */
  readonly otherSuccess?: OperationReply;
  /** Statuses of its refusals; 401, 403 and 500 need not be said. */
  readonly refusals: readonly number[];
  /** Whether it honours an `Idempotency-Key`. @default for every POST */
  readonly isRepeatable?: boolean;
}

/** What a call sends. */
export interface OperationBody {
  readonly schema: z.ZodType;
  readonly isOptional?: boolean;
  readonly example: unknown;
  /** Further media types beside `application/json`. */
  readonly otherTypes?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example: unknown }>>;
}

/** What it replies. */
export interface OperationReply {
  readonly status: number;
  readonly description: string;
  /** @default no body */
  readonly schema?: z.ZodType;
  /** @default application/json */
  readonly mediaType?: string;
  /** Name → what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The operations of one door, and the schemas that have a name in the document: bodies of requests and replies. */
export interface DocumentedDoor {
  /** The group that the operations stand in. */
  readonly tag: string;
  readonly description: string;
  readonly operations: readonly Operation[];
  readonly requests?: Readonly<Record<string, z.ZodType>>;
  readonly replies?: Readonly<Record<string, z.ZodType>>;
}

/** What a body must be to be the reply of a schema: checked where it is made, so that neither drifts alone. */
export type BodyOf<Schema extends z.ZodType> = Shown<z.output<Schema>>;

type Shown<Value> = Value extends readonly (infer Item)[]
  ? readonly Shown<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Shown<Value[Key]> }
    : Value;
