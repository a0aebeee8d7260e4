import { inParallel } from '../in-parallel';
import type { TopicStore } from '../topics/ports';
import { type DataJudge, makeDataJudge } from '../topics/schemas/judge-data';
import type { TimeLimit } from '../topics/schemas/time-limit';
import { withoutFormats } from '../topics/schemas/without-formats';
import { type EntityEventCall, readEntityEvent } from './entity-event';
import { type Event, topicKeyText } from './event';
import { toEventBatches } from './event-batches';
import type { JsonText } from './event-draft';
import type { EventIntake, OfferOutcome } from './ports';

export interface PublishEntityEventsPorts {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly stream: EventIntake;
  /** For judging the data of one event. */
  readonly timeLimit: TimeLimit;
  /** Whether events are taken whose topics nobody has made. */
  readonly acceptUnknownTopics: boolean;
  /** Epoch milliseconds. */
  readonly clock: () => number;
}

/** What became of one event, in the order given. `throttled` and `failed` are worth repeating. */
export type EntityEventOutcome =
  | { readonly outcome: 'accepted'; readonly eventId: string }
  | { readonly outcome: 'throttled' | 'failed' }
  | { readonly outcome: 'refused'; readonly reason: string };

const TOPICS_AT_A_TIME = 16;

/** Of the two seconds that the callers have; what is left over then is for their repetition. */
const JUDGING_MILLISECONDS = 700;

/**
 * Publishes each event or says why not: what one is refused for does not hold up the others. Those accepted are in
 * the stream, in the order given.
 * @param partitionKey calls of the same keep their order.
 */
export async function publishEntityEvents(
  texts: readonly JsonText[],
  call: EntityEventCall,
  partitionKey: string,
  ports: PublishEntityEventsPorts,
): Promise<readonly EntityEventOutcome[]> {
  const readings = texts.map((text) => readEntityEvent(text, call));
  const events = readings.flatMap((reading) => (reading.outcome === 'read' ? [reading.event] : []));
  const rules = await findRules(events, ports);
  const started = ports.clock();
  const judged = readings.map((reading): EntityEventOutcome | { outcome: 'fits'; event: Event } => {
    if (reading.outcome === 'refused') {
      return reading;
    }
    const rule = rules.get(topicKeyText(reading.event.topic));
    if (typeof rule === 'function' && ports.clock() - started > JUDGING_MILLISECONDS) {
      return { outcome: 'throttled' };
    }
    const reason = findMisfit(reading.data, rule, ports.timeLimit);
    return reason === undefined ? { outcome: 'fits', event: reading.event } : { outcome: 'refused', reason };
  });
  // Nothing overtakes an event that has to be repeated.
  const held = judged.findIndex(({ outcome }) => outcome === 'throttled');
  const inOrder = judged.map((one, index): typeof one =>
    held !== -1 && index > held && one.outcome === 'fits' ? { outcome: 'throttled' } : one,
  );
  const fitting = inOrder.flatMap((one) => (one.outcome === 'fits' ? [one.event] : []));
  const outcomes = (await offer(fitting, partitionKey, ports.stream)).values();
  return inOrder.map((one) =>
    one.outcome === 'fits' ? toOutcome(one.event, outcomes.next().value ?? 'failed') : one,
  );
}

/** What the data of a topic must fit; `unknown` for a topic that is not there and would have to be. */
type Rule = DataJudge | 'unknown' | undefined;

/** Each topic is asked for once. */
async function findRules(
  events: readonly Event[],
  { topics, acceptUnknownTopics }: PublishEntityEventsPorts,
): Promise<ReadonlyMap<string, Rule>> {
  const keys = new Map(events.map(({ topic }) => [topicKeyText(topic), topic]));
  const found = await inParallel(TOPICS_AT_A_TIME, [...keys], async ([text, key]) => {
    const topic = await topics.find(key);
    const rule: Rule = topic?.schema && makeDataJudge(withoutFormats(topic.schema));
    return [text, topic === undefined && !acceptUnknownTopics ? 'unknown' : rule] as const;
  });
  return new Map(found);
}

function findMisfit(data: unknown, rule: Rule, timeLimit: TimeLimit): string | undefined {
  if (rule === undefined) {
    return undefined;
  }
  if (rule === 'unknown') {
    return 'nobody has made the topic of that category, entity and action; the stage takes known topics alone';
  }
  const verdict = timeLimit(() => rule(data));
  return verdict.outcome === 'stopped'
    ? 'holding the data against the schema of its topic takes too long; simplify the schema'
    : verdict.result;
}

/** @returns for each event what became of its record. */
async function offer(
  events: readonly Event[],
  partitionKey: string,
  stream: EventIntake,
): Promise<readonly OfferOutcome[]> {
  const batches = toEventBatches(events, partitionKey);
  if (batches.length === 0) {
    return [];
  }
  const outcomes = await stream.offer(batches);
  return batches.flatMap((batch, index) => batch.events.map(() => outcomes[index] ?? 'failed'));
}

function toOutcome({ id }: Event, outcome: OfferOutcome): EntityEventOutcome {
  return outcome === 'taken' ? { outcome: 'accepted', eventId: id } : { outcome };
}
