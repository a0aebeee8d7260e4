import { type EventFilter, makeFilterJudge } from '../topics/filters/event-filter';
import type { SubscriptionStore } from '../topics/ports';
import { type Event, selectorText, type TopicKey, type TopicSelector, topicKeyText } from './event';
import type { PlanEntry } from './ports';
import { selectorsOf } from './topic-pattern';

/** Who may get an event, and by which filter it is decided. */
interface Candidate {
  readonly entry: PlanEntry;
  readonly filter?: EventFilter;
}

/**
 * Finds who an event goes to: the subscriptions of its topic, and of the patterns that select it, if their
 * filters let it pass. Whatever the state but deleted: the worker ends those that are paused or disabled as
 * skipped, so nothing vanishes.
 * The registry is asked once per topic or pattern, which is enough for one batch, because every event of the
 * batch was published before the batch began.
 */
export function matchSubscriptions(
  subscriptions: Pick<SubscriptionStore, 'ofTopic'>,
): (event: Event) => Promise<readonly PlanEntry[]> {
  const ofSelector = onceEach(selectorText, async (selector: TopicSelector) => {
    const via = selector.isPattern ? { via: selectorText(selector) } : {};
    const found = await subscriptions.ofTopic(selector);
    return found.map(({ id, filter }): Candidate => ({ entry: { id, ...via }, ...(filter && { filter }) }));
  });
  const ofTopic = onceEach(topicKeyText, async (topic: TopicKey) => {
    const found = await Promise.all(selectorsOf(topic).map(ofSelector));
    return [...new Map(found.flat().map((candidate) => [candidate.entry.id, candidate])).values()];
  });
  return async (event) => {
    const passes = makeFilterJudge(event);
    const candidates = await ofTopic(event.topic);
    return candidates.filter(({ filter }) => !filter || passes(filter)).map(({ entry }) => entry);
  };
}

/** The same key gets the same answer. */
function onceEach<Subject, Answer>(
  keyOf: (subject: Subject) => string,
  ask: (subject: Subject) => Promise<Answer>,
): (subject: Subject) => Promise<Answer> {
  const asked = new Map<string, Promise<Answer>>();
  return (subject) => {
    const key = keyOf(subject);
    const known = asked.get(key) ?? ask(subject);
    asked.set(key, known);
    return known;
  };
}
