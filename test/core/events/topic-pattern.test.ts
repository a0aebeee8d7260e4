import fc from 'fast-check';
import type { TopicSelector } from '../../../core/events/event';
import { isPatternName, patternWords, selectorsOf, selects } from '../../../core/events/topic-pattern';

const pattern = (name: string): TopicSelector => ({ door: 'manage', name, isPattern: true });
const topic = (name: string) => ({ door: 'manage', name }) as const;

describe('selects', () => {
  it.each([
    ['user.*', 'user.created', true],
    ['user.*', 'user.profile.changed', true],
    ['user.*', 'user.', true],
    ['user.*', 'user', false],
    ['user.*', 'users.created', false],
    ['*', 'anything.at.all', true],
    ['*', 'x', true],
  ])('%s of %s: %s', (name, of, expected) => {
    expect(selects(pattern(name), topic(of))).toBe(expected);
  });

  it('keeps doors apart, and takes no exact name for a pattern', () => {
    expect(selects(pattern('*'), { door: 'events', name: 'x' })).toBe(false);
    expect(selects(topic('user.*'), topic('user.created'))).toBe(false);
    expect(selects(topic('user.*'), topic('user.*'))).toBe(true);
  });
});

describe('selectorsOf', () => {
  const word = fc.constantFrom('a', 'b', 'ab', '', '*', 'é');
  const name = fc.array(word, { minLength: 1, maxLength: 12 }).map((words) => words.join('.'));
  const patternName = fc
    .array(word, { maxLength: 8 })
    .map((words) => [...words, '*'].join('.'))
    .filter((text) => patternWords(text) <= 8);

  it('names each pattern that selects a topic, and no other', () => {
    fc.assert(
      fc.property(name, patternName, (topicName, text) => {
        expect(isPatternName(text)).toBe(true);
        const asked = selectorsOf(topic(topicName)).filter(({ isPattern }) => isPattern);
        const isAsked = asked.some(({ name: one }) => one === text);
        expect(isAsked).toBe(selects(pattern(text), topic(topicName)));
      }),
      { numRuns: 1000 },
    );
  });

  it('names each once, the topic itself first, and few however many words there are', () => {
    expect(selectorsOf(topic('a.b.c')).map(({ name: one }) => one)).toEqual(['a.b.c', 'a.b.*', 'a.*', '*']);
    const many = selectorsOf(topic('a.'.repeat(127)));
    expect(many).toHaveLength(10);
    expect(new Set(many.map(({ name: one, isPattern }) => `${one}${isPattern}`)).size).toBe(10);
  });
});
