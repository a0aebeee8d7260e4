/**
 * The type of the data that a JSON Schema describes, for the usual keywords; `unknown` for what a type cannot say.
 * A schema whose type is not literal (read from a file) gives any object.
 */
export type FromSchema<Schema, Root = Schema> = Schema extends { readonly $ref: infer Reference }
  ? FromReference<Reference, Root>
  : Schema extends { readonly const: infer Value }
    ? Value
    : Schema extends { readonly enum: readonly (infer Value)[] }
      ? Value
      : FromCombined<Schema, Root> & FromType<Schema, Root>;

type FromReference<Reference, Root> = Reference extends '#'
  ? FromSchema<Root, Root>
  : Reference extends `#/definitions/${infer Name}`
    ? Root extends { readonly definitions: Readonly<Record<Name, infer Inner>> }
      ? FromSchema<Inner, Root>
      : unknown
    : Reference extends `#/$defs/${infer Name}`
      ? Root extends { readonly $defs: Readonly<Record<Name, infer Inner>> }
        ? FromSchema<Inner, Root>
        : unknown
      : unknown;

type FromCombined<Schema, Root> = (Schema extends { readonly anyOf: readonly (infer One)[] }
  ? Each<One, Root>
  : unknown) &
  (Schema extends { readonly oneOf: readonly (infer One)[] } ? Each<One, Root> : unknown) &
  (Schema extends { readonly allOf: infer All extends readonly unknown[] } ? Every<All, Root> : unknown) &
  (Schema extends { readonly extends: infer Parents } ? FromParents<Parents, Root> : unknown);

/** Of Draft 3: one schema, or several. */
type FromParents<Parents, Root> = Parents extends readonly unknown[]
  ? Every<Parents, Root>
  : FromSchema<Parents, Root>;

type Each<Schemas, Root> = Schemas extends unknown ? FromSchema<Schemas, Root> : never;

type Every<Schemas extends readonly unknown[], Root> = Schemas extends readonly [infer First, ...infer Rest]
  ? FromSchema<First, Root> & Every<Rest, Root>
  : unknown;

type FromType<Schema, Root> = Schema extends { readonly type: infer Type }
  ? Type extends readonly (infer One)[]
    ? OfType<One, Schema, Root>
    : OfType<Type, Schema, Root>
  : Schema extends { readonly properties: object }
    ? FromObject<Schema, Root>
    : unknown;

type OfType<Type, Schema, Root> = Type extends 'string'
  ? string
  : Type extends 'number' | 'integer'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? FromArray<Schema, Root>
          : Type extends 'object'
            ? FromObject<Schema, Root>
            : // Draft 3 has schemas among the types.
              Type extends object
              ? FromSchema<Type, Root>
              : unknown;

type FromArray<Schema, Root> = Schema extends { readonly items: infer Items }
  ? Items extends readonly unknown[]
    ? readonly unknown[]
    : readonly FromSchema<Items, Root>[]
  : readonly unknown[];

type RequiredNames<Schema, Root> =
  | (Schema extends { readonly required: readonly (infer Name)[] } ? Name : never)
  | (Root extends { readonly $schema: `http://json-schema.org/draft-03/schema${'' | '#'}` }
      ? RequiredByThemselves<Schema>
      : never);

/** In Draft 3 a property says of itself that it is required. */
type RequiredByThemselves<Schema> = Schema extends { readonly properties: infer Properties }
  ? {
      [Name in keyof Properties]: Properties[Name] extends { readonly required: true } ? Name : never;
    }[keyof Properties]
  : never;

type FromObject<Schema, Root> = FromProperties<Schema, Root> &
  Additional<Schema, Root> &
  Mentioned<Schema, Root>;

type FromProperties<Schema, Root> = Schema extends { readonly properties: infer Properties }
  ? {
      readonly [Name in keyof Properties as Name extends RequiredNames<Schema, Root>
        ? Name
        : never]: FromSchema<Properties[Name], Root>;
    } & {
      readonly [Name in keyof Properties as Name extends RequiredNames<Schema, Root>
        ? never
        : Name]?: FromSchema<Properties[Name], Root>;
    }
  : unknown;

/** Required names without a schema of their own. */
type Mentioned<Schema, Root> = {
  readonly [Name in Exclude<
    RequiredNames<Schema, Root>,
    Schema extends { readonly properties: infer Properties } ? keyof Properties : never
  > &
    string]: unknown;
};

/** Where more properties are allowed, any may be given; an index of another type would exclude the named ones. */
type Additional<Schema, Root> = Schema extends { readonly additionalProperties: infer Allowed }
  ? Allowed extends false
    ? unknown
    : Schema extends { readonly properties: object }
      ? { readonly [name: string]: unknown }
      : { readonly [name: string]: Allowed extends true ? unknown : FromSchema<Allowed, Root> }
  : { readonly [name: string]: unknown };
