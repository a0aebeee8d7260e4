import type { FromSchema } from './schema-types';
import type { TopicDefinition } from './topic-definitions';

/** Data of a topic whose schema the compiler does not know. */
export type EventData = { readonly [name: string]: unknown };

/** What `publish` takes, of any topic. */
export interface EventRequest {
  readonly action: string;
  readonly entity: string;
  readonly data: EventData;
  /** @default the definitions' `DefaultCategory` */
  readonly category?: string;
  /** Your own, where a repetition of your program must find it again. @default made */
  readonly id?: string;
}

type IsAny<Type> = 0 extends 1 & Type ? true : false;

/** Whether the compiler sees which topics there are: an object literal, or one declared `as const`. */
type IsTyped<Definitions> =
  IsAny<Definitions> extends true
    ? false
    : Definitions extends { readonly Topics: readonly (infer One)[] }
      ? One extends { readonly Entity: infer Entity; readonly Action: infer Action }
        ? string extends Entity | Action
          ? false
          : true
        : false
      : false;

type TopicsOf<Definitions> = Definitions extends { readonly Topics: readonly (infer One)[] } ? One : never;

type DefaultCategoryOf<Definitions> = Definitions extends { readonly DefaultCategory: infer Category }
  ? Category
  : never;

type DataOf<One> = One extends { readonly Schema: infer Schema } ? FromSchema<Schema> : EventData;

type CategoryMember<One, Default> = One extends { readonly Category: infer Category }
  ? Category extends Default
    ? { readonly category?: Category }
    : { readonly category: Category }
  : { readonly category?: Default };

type RequestOfTopic<One, Default> = One extends TopicDefinition
  ? {
      readonly action: One['Action'];
      readonly entity: One['Entity'];
      readonly data: DataOf<One>;
      readonly id?: string;
    } & CategoryMember<One, Default>
  : never;

/** What `publish` takes: with definitions that the compiler sees, one of their topics with data of its schema. */
export type RequestOf<Definitions> =
  IsTyped<Definitions> extends true
    ? RequestOfTopic<TopicsOf<Definitions>, DefaultCategoryOf<Definitions>>
    : EventRequest;

type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${Lowercase<First>}${SnakeRest<Rest>}`
  : Name;

type SnakeRest<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${SnakeRest<Rest>}`
    : `_${Lowercase<First>}${SnakeRest<Rest>}`
  : Name;

type NamesOf<One> = One extends { readonly Entity: infer Entity; readonly Action: infer Action }
  ? Entity extends string
    ? Action extends string
      ?
          | `${Uncapitalize<Action>}${Entity}`
          | `${Uncapitalize<Entity>}${Action}`
          | `${Lowercase<Action>}_${Snake<Entity>}`
          | `${Snake<Entity>}_${Lowercase<Action>}`
      : never
    : never
  : never;

/** Magic calls reach the default category alone. */
type InDefault<One, Default> = One extends { readonly Category: infer Category }
  ? Category extends Default
    ? One
    : never
  : One;

type Named<One> = One extends unknown ? { readonly topic: One; readonly name: NamesOf<One> } : never;

type MagicOf<Pairs extends { readonly topic: unknown; readonly name: string }, Returned> = {
  readonly [Pair in Pairs as Pair['name']]: (data: DataOf<Pair['topic']>) => Returned;
};

/** `session.createdMyEntity(data)` and its other spellings. */
export type MagicCalls<Definitions, Returned> =
  IsTyped<Definitions> extends true
    ? MagicOf<Named<InDefault<TopicsOf<Definitions>, DefaultCategoryOf<Definitions>>>, Returned>
    : // biome-ignore lint/suspicious/noExplicitAny: real members must fit beside names that only the definitions know.
      { readonly [name: string]: any };
