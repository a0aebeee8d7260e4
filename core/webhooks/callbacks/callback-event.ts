import { createHash } from 'node:crypto';
import { ServiceError } from '../../errors';
import type { Event } from '../../events/event';
import { requireEventSize } from '../../events/event-size';
import type { ExactJson } from '../../exact-json';
import { nameAttributes, readEventName } from './callback-topic';
import { canonicalPythonJson } from './python-json';

/** Whether what was triggered before is left out: for all events, or for all but those named with `false`. */
export type DuplicateRule = boolean | Readonly<Record<string, boolean>>;

export interface TriggerOptions {
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly leaveOut: DuplicateRule;
  readonly days: number;
}

/**
 * The event of a trigger. Its duplicates are told by the whole body, also by what is not handed on: contract ADS,
 * section 5. The payload's text stays as it came.
 * @param body the members of the request's body; `undefined` where it could not be read.
 * @throws ServiceError `body_invalid` in the original's words, `body_too_large`.
 */
export function makeCallbackEvent(body: ExactJson | undefined, options: TriggerOptions): Event {
  const members = body?.kind === 'object' ? body.members : undefined;
  const nameGiven = members?.get('event');
  if (!body || !nameGiven) {
    throw new ServiceError('body_invalid', 'no event was provided');
  }
  const payload = members?.get('payload');
  if (!payload) {
    throw new ServiceError('body_invalid', 'no payload was provided');
  }
  const name = readEventName(nameGiven);
  if (!name) {
    throw new ServiceError('body_invalid', 'error adding event to database: the event must be a string');
  }
  const { id, time, leaveOut, days } = options;
  const event: Event = {
    id,
    topic: name.topic,
    source: '/webhooks/trigger',
    time,
    dataJson: payload.text,
    ...nameAttributes(name),
    ...(isLeftOut(leaveOut, name.text) && { dedupe: { key: md5(canonicalPythonJson(body)), days } }),
  };
  return requireEventSize(event);
}

function isLeftOut(rule: DuplicateRule, name: string | null): boolean {
  return typeof rule === 'boolean' ? rule : name === null || rule[name] !== false;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
