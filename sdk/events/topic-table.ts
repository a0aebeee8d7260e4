import type { JsonObject } from '../../core/json';
import { type DataJudge, makeDataJudge } from '../../core/topics/schemas/judge-data';
import { findSchemaProblem } from '../../core/topics/schemas/topic-schema';
import { withoutFormats } from '../../core/topics/schemas/without-formats';
import { EventError } from './errors';

/** What may be published under a name. */
export interface Topic {
  readonly category: string;
  readonly entity: string;
  readonly action: string;
  readonly schema: JsonObject;
  /** `<category>.<Entity><Action>` */
  readonly name: string;
}

export interface TopicTable {
  readonly defaultCategory: string | undefined;
  /** By name. Of two definitions with the same name the last one wins. */
  readonly topics: ReadonlyMap<string, Topic>;
  readonly judges: ReadonlyMap<string, DataJudge>;
}

const draftFour = 'http://json-schema.org/draft-04/schema#';

/**
 * Reads what a definitions file holds. Names are checked when an event is published, since files in use hold topics
 * that nobody publishes; schemas are checked here.
 * @throws EventError `definitions_invalid`
 */
export function readTopicTable(definitions: unknown): TopicTable {
  const { Topics: list, DefaultCategory: category } = objectAt(definitions, 'the topic definitions');
  if (!Array.isArray(list)) {
    throw invalid('"Topics" must be a list of topics');
  }
  if (category !== undefined && category !== null && typeof category !== 'string') {
    throw invalid('"DefaultCategory" must be a text');
  }
  const defaultCategory = category ?? undefined;
  const topics = list.map((one, index) => readTopic(one, `Topics[${index}]`, defaultCategory));
  return {
    defaultCategory,
    topics: new Map(topics.map((topic) => [topic.name, topic])),
    judges: new Map(topics.map((topic) => [topic.name, judgeOf(topic)])),
  };
}

function readTopic(value: unknown, place: string, defaultCategory: string | undefined): Topic {
  const members = objectAt(value, place);
  const entity = textAt(members, 'Entity', place);
  const action = textAt(members, 'Action', place);
  const schema = objectAt(members.Schema, `${place}.Schema`) as JsonObject;
  const category = 'Category' in members ? textAt(members, 'Category', place) : defaultCategory;
  if (category === undefined) {
    throw invalid(`${place} has no "Category", and there is no "DefaultCategory"`);
  }
  return Object.freeze({ category, entity, action, schema, name: `${category}.${entity}${action}` });
}

function judgeOf({ name, schema }: Topic): DataJudge {
  try {
    const whole = { $schema: draftFour, ...schema };
    const problem = findSchemaProblem(whole);
    if (problem !== undefined) {
      throw new TypeError(problem.replace('left out (2020-12)', 'left out (Draft 4)'));
    }
    return makeDataJudge(withoutFormats(whole));
  } catch (cause) {
    throw invalid(`the schema of ${name} ${(cause as Error).message}`, cause);
  }
}

function objectAt(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${place} must be an object (a YAML text is parsed first)`);
  }
  return value as Record<string, unknown>;
}

function textAt(members: Record<string, unknown>, name: string, place: string): string {
  const value = members[name];
  if (typeof value !== 'string' || value === '') {
    throw invalid(`${place} must have "${name}", a text`);
  }
  return value;
}

function invalid(message: string, cause?: unknown): EventError {
  return new EventError('definitions_invalid', message, cause === undefined ? {} : { cause });
}
