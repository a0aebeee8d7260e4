import { HeaderMap } from './header-map';
import {
  type Answer,
  type IncomingRequest,
  isServed,
  type RawBody,
  type Responder,
  type ServingOptions,
  textReply,
} from './http';
import type { IdempotencyStore } from './idempotency-store';
import { textOf } from './json-body';
import { HANDLER_TIMEOUT_SECONDS, MAX_BODY_BYTES } from './limits';
import { answerPreflight } from './preflight';
import { HandlerTimeoutError, PayloadTooLargeError } from './refusals';
import { reportError } from './report-error';
import { AllowedOriginsValidator } from './request-validator';
import type { WebhookVerifier } from './webhook-verifier';
import { withinTime } from './within-time';

/** A webhook that has verified. */
export interface ReceivedWebhook {
  /** The same in every repetition. */
  readonly id: string;
  /** Epoch seconds at which this attempt was signed. */
  readonly timestampSeconds: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RawBody;
  /** The body, parsed. @throws SyntaxError for what is no JSON. */
  json(): unknown;
}

export interface WebhookReceiverOptions {
  readonly verifier: WebhookVerifier;
  /** Does what the webhook asks for. When it throws, the sender is answered 500 and tries again. */
  handle(webhook: ReceivedWebhook): unknown;
  /** Keeps repeated webhooks away. Without one, `handle` sees them. */
  readonly store?: IdempotencyStore;
  /** @default 4 days: the sender's default schedule ends after 75 hours and 35 minutes */
  readonly rememberSeconds?: number;
  /**
   * Who may send CloudEvents here: they ask first, by OPTIONS. `*` is whoever asks; what does not verify is refused
   * nonetheless. URLs or hosts. @default OPTIONS is not served, so nobody is let send CloudEvents
   */
  readonly allowedOrigins?: '*' | readonly string[];
  /** @default 25 s, and the sender waits 15 s unless its policy says more */
  readonly handlerTimeoutSeconds?: number;
  /** @default 1 MiB; Changewire's events have 256 kB at most */
  readonly maxBodyBytes?: number;
  /** Told of errors with their stack; replies never show them. @default console.error */
  readonly onError?: (error: unknown) => void;
}

const REMEMBER_SECONDS = 4 * 24 * 3600;

/** A handler that is late still has its id, for this many time-outs; then its process counts as dead. */
const LEASES = 4;

/**
 * Receives signed webhooks in any runtime: verifies them over the raw body, keeps repetitions away and calls you.
 *
 * @example
 * ```ts
 * import { MemoryIdempotencyStore, toFetchHandler, WebhookReceiver, WebhookVerifier } from 'changewire/receiver';
 *
 * const receiver = new WebhookReceiver({
 *   verifier: new WebhookVerifier({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] }),
 *   store: new MemoryIdempotencyStore(),
 *   handle: ({ id, body }) => console.log(id, body.length), // msg_p5jXN8AQM9LWM0D4loKWxJek 20
 * });
 * const serve = toFetchHandler(receiver);
 * const response = await serve(new Request('https://example.org/hook', { method: 'POST', ...webhook }));
 * console.log(response.status); // 204
 * ```
 */
export class WebhookReceiver implements Responder {
  constructor(private readonly options: WebhookReceiverOptions) {}

  async answer(request: IncomingRequest, serving: ServingOptions = {}): Promise<Answer> {
    if (!isServed(request.path, serving.path)) {
      return serving.canPass ? { outcome: 'passed' } : replied(404, 'No webhooks are received at this path.');
    }
    const { allowedOrigins } = this.options;
    const method = request.method.toUpperCase();
    if (method === 'OPTIONS' && allowedOrigins !== undefined) {
      const requestValidator = allowedOrigins !== '*' && new AllowedOriginsValidator(allowedOrigins);
      const headers = HeaderMap.from(request.headers);
      const reply = await answerPreflight(headers, requestValidator ? { requestValidator } : {});
      return { outcome: 'replied', reply };
    }
    if (method !== 'POST') {
      return serving.canPass
        ? { outcome: 'passed' }
        : replied(405, 'Webhooks come by POST.', { allow: 'POST' });
    }
    try {
      return await this.receive(request);
    } catch (error) {
      if (error instanceof PayloadTooLargeError) {
        return replied(error.status, error.message);
      }
      (this.options.onError ?? reportError)(error);
      return replied(500, 'The webhook could not be handled.');
    }
  }

  private async receive(request: IncomingRequest): Promise<Answer> {
    const { verifier, maxBodyBytes = MAX_BODY_BYTES } = this.options;
    const headers = HeaderMap.from(request.headers);
    const body = await request.readBody(maxBodyBytes);
    const verification = await verifier.verify(headers.entries(), body);
    if (!verification.verified) {
      return replied(401, `The webhook does not verify: ${verification.text}.`);
    }
    const { id, timestampSeconds } = verification;
    return this.once({
      id,
      timestampSeconds,
      headers: headers.toObject(),
      body,
      json: () => JSON.parse(textOf(body)),
    });
  }

  private async once(webhook: ReceivedWebhook): Promise<Answer> {
    const { store, onError = reportError } = this.options;
    const begun = (await store?.begin(webhook.id, LEASES * this.timeoutSeconds)) ?? 'begun';
    if (begun === 'running') {
      // Not 2xx: if the other try fails, this one must come again.
      return replied(503, 'This webhook is being handled.', { 'retry-after': '30' });
    }
    if (begun === 'begun') {
      const late = () => new HandlerTimeoutError(this.timeoutSeconds);
      await withinTime(this.timeoutSeconds, () => this.handle(webhook), late, onError);
    }
    return replied(204, '');
  }

  /** What takes too long goes on, and its id is kept or given back when it has ended. */
  private async handle(webhook: ReceivedWebhook): Promise<void> {
    const { handle, store, rememberSeconds = REMEMBER_SECONDS } = this.options;
    try {
      await handle(webhook);
    } catch (error) {
      await store?.abandon(webhook.id);
      throw error;
    }
    await store?.finish(webhook.id, rememberSeconds);
  }

  private get timeoutSeconds(): number {
    return this.options.handlerTimeoutSeconds ?? HANDLER_TIMEOUT_SECONDS;
  }
}

function replied(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return { outcome: 'replied', reply: textReply(status, text, headers) };
}
