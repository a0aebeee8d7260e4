import type { Topic, TopicTable } from './topic-table';

/**
 * The topic of the default category that a name such as `created_my_entity`, `my_entity_created` or `createdMyEntity`
 * stands for: the last word is the action, or else the first one.
 * @returns `undefined` for every other name: `then`, `toJSON` and what inspectors ask for are not topics.
 */
export function resolveMagicName(name: string, { defaultCategory, topics }: TopicTable): Topic | undefined {
  const words = (name.includes('_') ? name.split('_') : name.split(/(?=[A-Z])/))
    .filter((word) => word !== '')
    .map(capitalise);
  const [first, last] = [words[0], words.at(-1)];
  if (words.length < 2) {
    return undefined;
  }
  return (
    topics.get(`${defaultCategory}.${words.slice(0, -1).join('')}${last}`) ??
    topics.get(`${defaultCategory}.${words.slice(1).join('')}${first}`)
  );
}

function capitalise(word: string): string {
  return `${word.slice(0, 1).toUpperCase()}${word.slice(1).toLowerCase()}`;
}
