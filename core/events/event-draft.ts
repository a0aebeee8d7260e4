import * as z from 'zod';
import { ServiceError } from '../errors';
import { moment, zonedTime } from '../moment';
import { describeProblems } from '../schema-problems';

/** What somebody wants to publish, in whichever form it came. */
export interface EventDraft {
  /** The topic as the caller names it. */
  readonly topic: string;
  /** The data's text as it came, and what it says. */
  readonly dataJson: string;
  readonly data: unknown;
  readonly source: string;
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly time?: string;
  readonly clientId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** ISO 8601, UTC. */
  readonly expiresAt?: string;
}

/** A JSON value together with the text that it was read from. */
export interface JsonText {
  readonly value: unknown;
  readonly text: string;
}

const MAX_ATTRIBUTES = 64;

/** Not `__proto__`; long enough for every name that CloudEvents and the other doors have. */
const ATTRIBUTE_NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

/** Half a surrogate pair has no form in UTF-8, in which headers and stores keep it. */
export const wellFormed = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !/\p{Surrogate}/u.test(text), 'holds half a character');

/** Beside the data: what every form has in common. */
export const draftSchema = z.strictObject({
  topic: wellFormed(300),
  id: wellFormed(256).optional(),
  source: wellFormed(1024).optional(),
  subject: wellFormed(1024).optional(),
  time: zonedTime.optional(),
  expires_at: moment.optional(),
  attributes: z
    .custom<Record<string, string>>()
    .superRefine((value: unknown, context) => {
      const problem = findAttributeProblem(value);
      if (problem !== undefined) {
        context.addIssue({ code: 'custom', message: problem });
      }
    })
    .meta({ type: 'object', additionalProperties: { type: 'string' } })
    .optional(),
});

/** Of who names no source. */
const DEFAULT_SOURCE = '/v1/events';

/**
 * @param fields by the names of the plain form; unknown ones are refused.
 * @param where goes before what is wrong: the place within a batch.
 * @throws ServiceError `body_invalid`.
 */
export function makeDraft(fields: object, data: JsonText, where: string): EventDraft {
  const parsed = draftSchema.safeParse(fields);
  if (!parsed.success) {
    throw new ServiceError('body_invalid', describeProblems(parsed.error, where));
  }
  const { topic, id, source = DEFAULT_SOURCE, subject, attributes = {}, ...times } = parsed.data;
  return {
    topic,
    dataJson: data.text,
    data: data.value,
    source,
    ...(subject !== undefined && { subject }),
    ...(times.time !== undefined && { time: toUtc(times.time) }),
    ...(id !== undefined && { clientId: id }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(times.expires_at !== undefined && { expiresAt: times.expires_at }),
  };
}

/** A time in UTC stays as it is: it may be finer than milliseconds. */
export function toUtc(text: string): string {
  return text.endsWith('Z') ? text : new Date(text).toISOString();
}

function findAttributeProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'expected an object of texts';
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_ATTRIBUTES) {
    return `there are ${entries.length} attributes; the limit is ${MAX_ATTRIBUTES}`;
  }
  const [name] = entries.find(([key, text]) => !ATTRIBUTE_NAME.test(key) || typeof text !== 'string') ?? [];
  return name === undefined
    ? undefined
    : `${JSON.stringify(name.slice(0, 64))} must be a text, named with letters, digits, ".", "_" and "-"`;
}
