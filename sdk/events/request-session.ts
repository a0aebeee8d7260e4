import { HeaderMap } from '../receiver/header-map';
import type { HeaderSource } from '../receiver/http';
import type { EventClient, SessionOf } from './event-client';
import { isJobId } from './event-session';
import { type Actor, isActorType } from './queued-event';

/** An event that a request brings, once you have verified that it is genuine. */
export interface HandledEvent {
  /** The same in every repetition, such as the header `webhook-id`: what is published gets ids that follow from it. */
  readonly messageId: string;
  /** The parsed body: its members `jobid`, `actorid` and `actortype` go on in what is published. */
  readonly event: unknown;
}

/** Where a request's session gets job and actor from. Without any of these, the service acts in a job of its own. */
export interface RequestSessionOptions<Input> {
  /** What it holds is used when it has the form of a job id. @default `x-britecore-job-id` */
  readonly jobIdHeader?: string;
  /** Who is logged in; `undefined` for nobody. Wins over the header. */
  readonly userIdOf?: (input: Input) => string | undefined | Promise<string | undefined>;
  /**
   * A header with the user's id. Whoever can set it acts as anybody: name one only where a proxy replaces or removes
   * what callers send. @default none is trusted
   */
  readonly userIdHeader?: string;
  /** The verified event that is being handled, if it is one. Its job wins over the header's; a user wins over its actor. */
  readonly handledEventOf?: (input: Input) => HandledEvent | undefined | Promise<HandledEvent | undefined>;
}

const JOB_ID_HEADER = 'x-britecore-job-id';

/**
 * The session of one request.
 * @throws whatever the options' functions throw
 */
export async function openRequestSession<Definitions, Input>(
  client: EventClient<Definitions>,
  input: Input,
  headers: HeaderSource,
  options: RequestSessionOptions<Input>,
): Promise<SessionOf<Definitions, void>> {
  const map = HeaderMap.from(headers).toObject();
  const handled = await options.handledEventOf?.(input);
  const userId = await readUserId(input, map, options);
  const members = membersOf(handled?.event);
  const service: Actor = { id: client.serviceName, type: 'service' };
  const actor = userId ? { id: userId, type: 'user' as const } : (readActor(members) ?? service);
  const jobId = [members.jobid, map[(options.jobIdHeader ?? JOB_ID_HEADER).toLowerCase()]].find(isJob);
  return client.resumeSession(
    {
      actorId: actor.id,
      actorType: actor.type,
      jobId: jobId ?? globalThis.crypto.randomUUID(),
      events: [],
    },
    // An empty key would be the same for all messages: their events would be taken for repetitions.
    handled?.messageId ? { idempotencyKey: handled.messageId } : {},
  );
}

/** Runs what a request asks for: flushes when it succeeds, rolls back when it throws or replies with 5xx. */
export async function runRequest<Reply>(
  session: { flush(): Promise<void>; rollback(): void },
  body: () => Reply | Promise<Reply>,
  statusOf: (reply: Reply) => number,
): Promise<Reply> {
  let reply: Reply;
  try {
    reply = await body();
  } catch (error) {
    session.rollback();
    throw error;
  }
  if (isFailure(statusOf(reply))) {
    session.rollback();
  } else {
    await session.flush();
  }
  return reply;
}

export function isFailure(status: number): boolean {
  return status >= 500;
}

async function readUserId<Input>(
  input: Input,
  headers: Readonly<Record<string, string>>,
  { userIdOf, userIdHeader }: RequestSessionOptions<Input>,
): Promise<string | undefined> {
  if (userIdOf !== undefined) {
    return userIdOf(input);
  }
  return userIdHeader === undefined ? undefined : headers[userIdHeader.toLowerCase()];
}

function membersOf(event: unknown): Readonly<Record<string, unknown>> {
  return typeof event === 'object' && event !== null ? { ...event } : {};
}

/** Both or neither: half of an actor is nobody. */
function readActor({ actorid, actortype }: Readonly<Record<string, unknown>>): Actor | undefined {
  return typeof actorid === 'string' && actorid !== '' && isActorType(actortype)
    ? { id: actorid, type: actortype }
    : undefined;
}

/** What others send may be anything; a request is not refused for it. */
function isJob(value: unknown): value is string {
  return typeof value === 'string' && isJobId(value);
}
