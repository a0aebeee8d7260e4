import * as z from 'zod';
import { isDeeperThan, type Json } from '../json';
import { sliceMembers } from '../json-slices';
import { zonedTime } from '../moment';
import { describeProblems } from '../schema-problems';
import { isSystemTopicName } from '../topics/topic';
import type { Event } from './event';
import { type JsonText, toUtc, wellFormed } from './event-draft';
import { eventBytes, MAX_EVENT_BYTES } from './event-size';

/** What a call says of all its events. */
export interface EntityEventCall {
  /** Correlates what one request or job has published. */
  readonly jobId: string;
  /** As `readTraceContext` gives it. */
  readonly trace: Readonly<Record<string, string>>;
  /** ISO 8601, UTC: of events that bring no time. */
  readonly at: string;
  /** From the caller's id of the event, if it has one. */
  readonly idOf: (clientId: string | undefined) => string;
}

export type EntityEventReading =
  | { readonly outcome: 'read'; readonly event: Event; readonly data: unknown }
  | { readonly outcome: 'refused'; readonly reason: string };

/** Judging recurses. */
const MAX_DATA_DEPTH = 200;

/** The longest name that the stores keep. */
const MAX_TOPIC_CHARACTERS = 256;

const data = z
  .custom<Json>(isFilledObject, 'expected an object with at least one property')
  .refine((value) => !isDeeperThan(value, MAX_DATA_DEPTH), `is nested deeper than ${MAX_DATA_DEPTH} levels`);

/** Contract bc-events, section 4, and the id and time that our own client sends. */
export const entityEventSchema = z
  .strictObject({
    action: z.string().regex(/^[A-Z][a-z]+$/, 'expected one capitalised word'),
    category: z.string().regex(/^[a-z]+$/, 'expected one word of small letters'),
    entity: z.string().regex(/^([A-Z][a-z]+)+$/, 'expected capitalised words without anything in between'),
    data,
    // The client lets more keys pass, and sends none.
    actor: z.object({ id: wellFormed(1024).min(5), type: z.enum(['user', 'service', 'third-party']) }),
    id: wellFormed(256).optional(),
    time: zonedTime.optional(),
  })
  .superRefine(({ category, entity, action }, context) => {
    const problem = findNameProblem(topicNameOf(category, entity, action));
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: problem });
    }
  });

/** `testing.TestCreated`. */
function topicNameOf(category: string, entity: string, action: string): string {
  return `${category}.${entity}${action}`;
}

/**
 * One event as `bc-events` sends it: category, entity and action name its topic and travel with it as CloudEvents
 * extensions, as do job id, actor and trace. Never throws.
 * @returns the reason of a refusal in words, without values.
 */
export function readEntityEvent({ value, text }: JsonText, call: EntityEventCall): EntityEventReading {
  const parsed = entityEventSchema.safeParse(value);
  if (!parsed.success) {
    return { outcome: 'refused', reason: describeProblems(parsed.error) };
  }
  const { category, entity, action, actor, id, time } = parsed.data;
  const event: Event = {
    id: call.idOf(id),
    topic: { door: 'events', name: topicNameOf(category, entity, action) },
    source: '/events',
    time: time === undefined ? call.at : toUtc(time),
    dataJson: sliceMembers(text).get('data') ?? 'null',
    attributes: {
      ...{ category, entity, action },
      ...{ actorid: actor.id, actortype: actor.type },
      jobid: call.jobId,
      ...call.trace,
    },
    actor: { type: actor.type, id: actor.id },
    ...(id !== undefined && { clientId: id }),
  };
  const bytes = eventBytes(event);
  return bytes > MAX_EVENT_BYTES
    ? {
        outcome: 'refused',
        reason: `the event has ${bytes} bytes of JSON; the limit is ${MAX_EVENT_BYTES} bytes`,
      }
    : { outcome: 'read', event, data: parsed.data.data };
}

function findNameProblem(name: string): string | undefined {
  if (isSystemTopicName(name)) {
    return `category: the topics of "${name.slice(0, name.indexOf('.'))}" belong to the system; choose another`;
  }
  return name.length > MAX_TOPIC_CHARACTERS
    ? `category, entity and action have ${name.length} characters together; the limit is ${MAX_TOPIC_CHARACTERS}`
    : undefined;
}

function isFilledObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
  );
}
