/** A JSON Schema: of Draft 4 where no `$schema` says otherwise. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** One topic as `bc-events` and its definition files write it. */
export interface TopicDefinition {
  /** StudlyCaps, such as `MyEntity`. */
  readonly Entity: string;
  /** One capitalised word, such as `Created`. */
  readonly Action: string;
  /** Of the event's data. `format` is a comment. */
  readonly Schema: JsonSchema;
  /** Lower case. @default `DefaultCategory` */
  readonly Category?: string;
  readonly Description?: string;
}

/** What a definitions file holds once it is parsed. */
export interface TopicDefinitions {
  readonly DefaultCategory?: string;
  readonly Topics: readonly TopicDefinition[];
}
