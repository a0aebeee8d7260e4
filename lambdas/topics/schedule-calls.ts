import { castFields } from '../../core/messages/cast-fields';
import { INVALID, refuse } from '../../core/messages/field-errors';
import type { Fields } from '../../core/messages/message';
import { cancelMessage } from '../../core/messages/schedule/cancel-message';
import { readSchedule } from '../../core/messages/schedule/read-schedule';
import { type ScheduleMessagePorts, scheduleMessage } from '../../core/messages/schedule/schedule-message';
import type { ScheduleStore } from '../../core/messages/schedule/schedule-ports';
import type { ScheduledMessage, ScheduledSummary } from '../../core/messages/schedule/scheduled-message';
import type { Scope } from '../../core/principal';
import type { HttpReply, HttpRequest } from '../shared/http-message';
import { topicsNotFound } from '../shared/topics-dialect';

const MOST_LISTED = 100;

export interface ScheduleCallPorts extends Omit<ScheduleMessagePorts, 'makeId' | 'schedule'> {
  readonly schedule: Pick<ScheduleStore, 'park' | 'find' | 'cancel' | 'list'>;
}

/** What the handler does for every call of its door. */
export interface ScheduleCall {
  readonly request: HttpRequest;
  /** What the path names below `/api/schedule_messages`. */
  readonly id: string | undefined;
  /** @throws ServiceError when the caller may not do it. @returns what the ids of the call's events are made by. */
  readonly authorise: (scope: Scope) => Promise<() => string>;
  readonly readFields: () => Fields;
}

/**
 * `/api/schedule_messages`: POST schedules, GET lists what is still to come and reads one, DELETE cancels by any id of
 * the POST's reply. Contract Postoffice, section 1.5; what is not POST is ours.
 */
export async function answerScheduleCall(call: ScheduleCall, ports: ScheduleCallPorts): Promise<HttpReply> {
  const { request, id } = call;
  switch (`${request.method} ${id === undefined ? 'all' : 'one'}`) {
    case 'POST all':
      return schedule(call, ports);
    case 'GET all':
      await call.authorise('events:read');
      return list(request, ports);
    case 'GET one':
      await call.authorise('events:read');
      return read(readId(id), ports);
    case 'DELETE one':
      await call.authorise('events:write');
      await cancelMessage(readId(id), ports);
      return { status: 204 };
    default:
      return topicsNotFound;
  }
}

async function schedule(call: ScheduleCall, ports: ScheduleCallPorts): Promise<HttpReply> {
  const makeId = await call.authorise('events:write');
  const { message, scheduledAt } = readSchedule(call.readFields());
  const id = await scheduleMessage(message, scheduledAt, { ...ports, makeId });
  return { status: 201, body: { id } };
}

async function list({ query }: HttpRequest, { schedule: store }: ScheduleCallPorts): Promise<HttpReply> {
  const cast = castFields(new Map(Object.entries(query).map(([name, text]) => [name, JSON.stringify(text)])));
  const limit = cast.count('limit', MOST_LISTED) ?? MOST_LISTED;
  cast.finish();
  const { messages, next } = await store.list({ limit, after: query.after });
  return { status: 200, body: { data: messages.map(toBody), next } };
}

async function read(id: number, { schedule: store }: ScheduleCallPorts): Promise<HttpReply> {
  const found = await store.find(id);
  return found ? { status: 200, body: toOneBody(found) } : topicsNotFound;
}

function toBody({ id, topic, scheduledAt, acceptedAt }: ScheduledSummary) {
  return { id, topic, schedule_at: scheduledAt, accepted_at: acceptedAt };
}

/** As text, because a payload keeps its own. */
function toOneBody(message: ScheduledMessage): string {
  const { state, endedAt, event } = message;
  // Whoever would cancel it comes too late already.
  const told = { ...toBody(message), state: state === 'releasing' ? 'released' : state, ended_at: endedAt };
  const contents = event ? `,"payload":${event.dataJson},"attributes":${event.attributesJson ?? '{}'}` : '';
  return `{"data":${JSON.stringify(told).slice(0, -1)}${contents}}}`;
}

/** @throws RefusedFields. */
function readId(text: string | undefined): number {
  const id = /^\d{1,16}$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) {
    throw refuse('id', INVALID);
  }
  return id;
}
