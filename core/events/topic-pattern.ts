import type { TopicKey, TopicSelector } from './event';

/** Of the words before `.*`: dispatch asks the store once for each that a topic's name can have. */
export const MOST_PATTERN_WORDS = 8;

/** Whether a name, where patterns are taken, is one: `*`, or a name that ends in `.*`. */
export function isPatternName(name: string): boolean {
  return name === '*' || name.endsWith('.*');
}

/** The words that a pattern fixes: two in `user.profile.*`, none in `*`. */
export function patternWords(name: string): number {
  return name.split('.').length - 1;
}

/** Whether the events of a topic go to who listens to the selector. */
export function selects({ door, name, isPattern }: TopicSelector, topic: TopicKey): boolean {
  if (door !== topic.door) {
    return false;
  }
  return isPattern ? name === '*' || topic.name.startsWith(name.slice(0, -1)) : name === topic.name;
}

/** All that {@link selects} a topic: the topic itself, then the patterns, the closest first. */
export function selectorsOf({ door, name }: TopicKey): readonly TopicSelector[] {
  const words = name.split('.', MOST_PATTERN_WORDS + 1);
  const names = words.map((_, index) => [...words.slice(0, index), '*'].join('.')).reverse();
  return [{ door, name }, ...names.map((pattern) => ({ door, name: pattern, isPattern: true as const }))];
}
