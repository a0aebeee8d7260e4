import { createHash, timingSafeEqual } from 'node:crypto';
import { quietLogger } from '../logger';
import { HeaderMap } from '../receiver/header-map';
import type { Answer, IncomingRequest, Reply, Responder, ServingOptions } from '../receiver/http';
import { type Message, payloadJsonOf } from './message';
import type { MessageBuffer, RefusedMessage } from './message-buffer';

export interface RecoveryOptions {
  /**
   * What the hub's address of this endpoint has before the `@`. Payloads may be personal: without, keep the endpoint from
   * others by the network, or by a path that nobody guesses.
   * @default everybody may read and delete
   */
  readonly credentials?: { readonly username: string; readonly password: string };
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/**
 * Serves a buffer as `postoffice_django` serves what it could not send, so that a hub with recovery on fetches it:
 * `GET` lists the oldest, those refused too, `DELETE …/ID/` takes one out. What is scheduled for later is not shown, as a
 * hub would deliver it at once. The adapters of `changewire/receiver` serve it; its path, with a slash at the end, is the
 * topic's `origin_host`. Where the hub fetches, let nothing send as well (`background: false`): it knows a message
 * that comes both ways only by what came first.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { toNodeListener } from 'changewire/receiver';
 * import { MemoryBuffer, MessageClient, RecoveryEndpoint } from 'changewire/topics';
 *
 * const buffer = new MemoryBuffer();
 * const client = new MessageClient({ apiUrl: process.env.API_URL ?? '', buffer, background: false });
 * const server = createServer(toNodeListener(new RecoveryEndpoint(buffer), { path: '/messages' }));
 * ```
 */
export class RecoveryEndpoint implements Responder {
  constructor(
    private readonly buffer: MessageBuffer,
    private readonly options: RecoveryOptions = {},
  ) {}

  async answer(request: IncomingRequest, { path, canPass = false }: ServingOptions = {}): Promise<Answer> {
    const place = placeOf(request.path, path);
    if (place === undefined) {
      return canPass ? { outcome: 'passed' } : replied(404);
    }
    if (!this.#isAllowed(request)) {
      return replied(401, { 'www-authenticate': 'Basic realm="messages", charset="UTF-8"' });
    }
    return this.#serve(place, request).catch((error: unknown) => {
      quietLogger.warn('The buffer cannot be read', { error });
      return replied(500);
    });
  }

  async #serve(place: 'list' | number, request: IncomingRequest): Promise<Answer> {
    if (place === 'list') {
      return request.method === 'GET' ? this.#list(request) : replied(405, { allow: 'GET' });
    }
    return request.method === 'DELETE' ? this.#delete(place) : replied(405, { allow: 'DELETE' });
  }

  async #list({ query }: IncomingRequest): Promise<Answer> {
    const asked = Number(new URLSearchParams(query).get('limit') || DEFAULT_LIMIT);
    const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, MAX_LIMIT) : DEFAULT_LIMIT;
    const now = new Date().toISOString();
    const shown = (await this.#messages()).filter(({ scheduleAt = '' }) => scheduleAt <= now);
    const oldest = shown.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1)).slice(0, limit);
    const body = `[${oldest.map(elementOf).join(',')}]`;
    return {
      outcome: 'replied',
      reply: { status: 200, headers: { 'content-type': 'application/json' }, body },
    };
  }

  async #delete(id: number): Promise<Answer> {
    const found = (await this.#messages()).find((message) => recoveryId(message) === id);
    return replied(found !== undefined && (await this.buffer.remove(found.id)) ? 204 : 404);
  }

  async #messages(): Promise<Array<Message | RefusedMessage>> {
    const [waiting, refused] = await Promise.all([this.buffer.waiting(), this.buffer.refused()]);
    return [...refused, ...waiting];
  }

  #isAllowed({ headers }: IncomingRequest): boolean {
    const { credentials } = this.options;
    if (credentials === undefined) {
      return true;
    }
    const expected = `${credentials.username}:${credentials.password}`;
    const [, given = ''] =
      /^basic +([\w+/=-]+)$/i.exec(HeaderMap.from(headers).first('authorization') ?? '') ?? [];
    return timingSafeEqual(digestOf(Buffer.from(given, 'base64')), digestOf(Buffer.from(expected)));
  }
}

/** @returns what a path asks for; `undefined` for what is not served. */
function placeOf(path: string, served: string | undefined): 'list' | number | undefined {
  const base = served?.replace(/\/+$/, '') ?? path.replace(/(\/\d+)?\/*$/, '');
  const rest = path.startsWith(base) ? path.slice(base.length) : undefined;
  if (rest === '' || rest === '/') {
    return 'list';
  }
  const [, digits] = /^\/(\d{1,16})\/?$/.exec(rest ?? '') ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Contract, section 4. The texts are JSON already, of which parsing would cost digits. Of a message it is always the same,
 * refused or not: a hub knows a row by all that is in it.
 */
function elementOf(message: Message | RefusedMessage): string {
  const { topic, attributes, kind, payloads, createdAt } = message;
  const members = { topic: JSON.stringify(topic), attributes };
  const payload =
    kind === 'bulk'
      ? `[${payloads.map((one) => objectOf({ ...members, payload: one })).join(',')}]`
      : payloadJsonOf(message);
  return objectOf({
    id: `${recoveryId(message)}`,
    ...members,
    payload,
    bulk: `${kind === 'bulk'}`,
    created_at: JSON.stringify(createdAt),
    idempotency_key: JSON.stringify(message.id),
  });
}

function objectOf(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members).map(([name, json]) => `"${name}":${json}`)}}`;
}

/**
 * A hub knows what it has fetched by a whole number. This one follows from the message, so that no other message of this
 * application ever has it, whatever becomes of the buffer.
 */
function recoveryId({ id }: Message): number {
  return Number(digestOf(Buffer.from(id)).readBigUInt64BE() >> 11n);
}

function digestOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function replied(status: number, headers: Reply['headers'] = {}): Answer {
  return { outcome: 'replied', reply: { status, headers, body: '' } };
}
