import { ServiceError } from '../../core/errors';
import type { JsonObject } from '../../core/json';
import { describeProblems } from '../../core/schema-problems';
import { keyOfNewTopic } from '../../core/topics/topic-key';
import { topicSchema } from '../../core/topics/topic-request';
import { CommandError } from './command-error';
import { readYamlFile } from './read-yaml-file';

/** A topic of the events door as a definitions file describes it, as `POST /v1/topics` takes it. */
export interface DefinedTopic {
  readonly name: string;
  readonly description?: string;
  readonly schema: JsonObject;
}

/** What a schema is that says nothing else: contract bc-events, section 2. */
const DRAFT_4 = 'http://json-schema.org/draft-04/schema#';

/**
 * The topics of a definitions file, in the YAML or JSON that `bc-events` loads. Of a name that comes twice the last
 * one counts, as there.
 * @throws CommandError naming every topic that is wrong: all of a file is good, or none of it.
 */
export function readTopicDefinitions(file: string): readonly DefinedTopic[] {
  const definitions = readYamlFile(file, 'the definitions');
  if (!isObject(definitions) || !Array.isArray(definitions.Topics)) {
    throw new CommandError(`${file}: expected a list of topics under "Topics"`);
  }
  const problems: string[] = [];
  const topics = new Map<string, DefinedTopic>();
  for (const [index, definition] of definitions.Topics.entries()) {
    const read = readDefinition(definition, definitions.DefaultCategory);
    if (typeof read === 'string') {
      problems.push(`  Topics[${index}]: ${read}`);
    } else {
      topics.set(read.name, read);
    }
  }
  if (problems.length > 0) {
    throw new CommandError([`${file} cannot be applied:`, ...problems].join('\n'));
  }
  return [...topics.values()];
}

/** @returns what is wrong, in words. */
function readDefinition(definition: unknown, defaultCategory: unknown): DefinedTopic | string {
  if (!isObject(definition)) {
    return 'expected an object with Entity, Action and Schema';
  }
  const missing = ['Entity', 'Action', 'Schema'].find((key) => definition[key] == null);
  if (missing !== undefined) {
    return `"${missing}" is missing`;
  }
  const category = definition.Category ?? defaultCategory;
  if (typeof category !== 'string') {
    return '"Category" is missing, and there is no "DefaultCategory"';
  }
  if (!isObject(definition.Schema)) {
    return '"Schema" must be a JSON Schema (an object)';
  }
  const topic = {
    name: `events/${category}.${definition.Entity}${definition.Action}`,
    ...(definition.Description != null && { description: String(definition.Description) }),
    schema: { $schema: DRAFT_4, ...definition.Schema } as JsonObject,
  };
  return findProblem(topic, definition.Action) ?? topic;
}

/** What the server would refuse: found before anything is changed. */
function findProblem(topic: DefinedTopic, action: unknown): string | undefined {
  if (!/^[A-Z][a-z]+$/.test(String(action))) {
    return `"Action" must be one capitalised word, not ${JSON.stringify(action)}`;
  }
  try {
    keyOfNewTopic(topic.name);
  } catch (error) {
    if (error instanceof ServiceError) {
      return error.message;
    }
    throw error;
  }
  const { error } = topicSchema.safeParse(topic);
  return error && describeProblems(error, `${topic.name}: `);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
