import { ServiceError } from '../errors';
import type { TopicSelector } from '../events/event';
import { isPatternName, MOST_PATTERN_WORDS, patternWords } from '../events/topic-pattern';
import { findTopicKey, lookUpTopic } from './find-topics';
import type { TopicStore } from './ports';
import { parseTopicReference } from './topic-reference';

/** As topics' names: they become keys of the store. */
const LONGEST_PATTERN = 256;

/**
 * What a subscription is to listen to. Names of other doors may end like a pattern: where there is a topic of
 * exactly that name, it is meant.
 * @param reference a topic or a pattern, as callers name it: `orders`, `user.*`, `*`, `webhooks/foo.*`.
 * @throws ServiceError `not_found` for a topic that is not there, `body_invalid` for a pattern that is none.
 */
export async function findSelector(
  reference: string,
  topics: Pick<TopicStore, 'find'>,
): Promise<TopicSelector> {
  const key = parseTopicReference(reference);
  if (!isPatternName(key.name)) {
    return findTopicKey(reference, topics);
  }
  if (key.name.length > LONGEST_PATTERN || /\p{Surrogate}/u.test(key.name)) {
    throw refused(`a pattern has at most ${LONGEST_PATTERN} characters, whole ones`);
  }
  if (await lookUpTopic(key, topics)) {
    return key;
  }
  requirePattern(key.name);
  return { ...key, isPattern: true };
}

function requirePattern(name: string): void {
  const problem =
    patternWords(name) > MOST_PATTERN_WORDS
      ? `a pattern has at most ${MOST_PATTERN_WORDS} words before ".*"`
      : name.slice(0, -1).includes('*')
        ? '"*" stands at the end of a pattern alone'
        : undefined;
  if (problem !== undefined) {
    throw refused(problem);
  }
}

function refused(problem: string): ServiceError {
  return new ServiceError('body_invalid', `topic: ${problem}`);
}
