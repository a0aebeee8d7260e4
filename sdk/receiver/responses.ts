import { BaseError } from './errors';
import type { RawBody, Reply } from './http';
import { mqttRefusal } from './mqtt';
import type { Profile, Report } from './profile';
import { ConnectEventRequest, type ServiceRequest } from './requests';

/**
 * The answer to an event: what your framework writes. `statusCode` and `body` are other names of `status` and `payload`.
 *
 * @example
 * ```ts
 * const { status, headers: replied, payload } = await handler.handle(headers, body);
 * return new Response(payload || null, { status, headers: replied });
 * ```
 */
export class ServiceResponse implements Reply {
  protected code = 200;
  protected content: RawBody = '';
  protected contentType: string | undefined;

  get status(): number {
    return this.code;
  }

  get payload(): RawBody {
    return this.content;
  }

  /** Names in lower case. */
  get headers(): Record<string, string> {
    return this.contentType === undefined ? {} : { 'content-type': this.contentType };
  }

  get statusCode(): number {
    return this.status;
  }

  get body(): RawBody {
    return this.payload;
  }
}

/** The answer to what was refused, or has failed. */
export class ServiceErrorResponse extends ServiceResponse {
  /** @param status what the exception handler makes of it; undefined leaves the error's own. */
  constructor(
    readonly exception: unknown,
    status?: number,
    { profile, request }: { readonly profile?: Profile; readonly request?: ServiceRequest | undefined } = {},
  ) {
    super();
    this.code = status ?? (exception instanceof BaseError ? exception.status : 500);
    if (profile?.isPython) {
      return;
    }
    // What is no error of the library may say in its text what nobody outside should read.
    const text = exception instanceof BaseError ? exception.message : 'The event could not be handled.';
    if (request instanceof ConnectEventRequest && request.context.mqtt) {
      this.content = JSON.stringify(mqttRefusal(this.code, request.mqtt?.protocolVersion, text));
      this.contentType = 'application/json; charset=utf-8';
    } else {
      this.content = text;
      this.contentType = 'text/plain; charset=utf-8';
    }
  }
}

/**
 * The answer to a blocking event. The connection's state can be edited in it, also after `handle` has returned it.
 *
 * @example
 * ```ts
 * import { BlockingResponse, EventHandler } from 'changewire/receiver';
 *
 * const handler = new EventHandler({
 *   handleConnect: (request, response) => {
 *     response.setState('room', 'attic');
 *     response.setState('floor', 3);
 *     response.delState('room');
 *   },
 * });
 * const response = await handler.handle(headers, '{}');
 * console.log(response.headers); // { 'ce-connectionstate': 'eyJmbG9vciI6M30=' }
 * if (response instanceof BlockingResponse) response.clearStates();
 * console.log(response.headers); // { 'ce-connectionstate': 'e30=' }
 * ```
 */
export abstract class BlockingResponse extends ServiceResponse {
  private readonly state;
  private standing: 'open' | 'answered' | 'ended' = 'open';
  private isRefused = false;

  constructor(
    protected readonly request: ServiceRequest,
    private readonly warn: Report,
  ) {
    super();
    this.state = request.context.readState();
  }

  /** The state as the header carries it: base64 of JSON. */
  get connectionState(): string {
    return this.state.encode();
  }

  /**
   * Recomputed at each read. The state is there once it was edited (in parity with Python, always), and never on a
   * refusal.
   */
  override get headers(): Record<string, string> {
    const isSent = !this.isRefused && (this.state.isChanged || this.request.context.profile.isPython);
    return { ...super.headers, ...(isSent ? { 'ce-connectionstate': this.connectionState } : {}) };
  }

  /** @throws TypeError for what JSON cannot hold, RangeError when the state would not fit into its header. */
  setState(name: string, value: unknown): void {
    this.state.set(name, value);
  }

  delState(name: string): void {
    this.state.delete(name);
  }

  clearStates(): void {
    this.state.clear();
  }

  /**
   * Refuses: a client that wants to connect sees status and text, one that is connected is dropped.
   * @param code 400 to 599. @throws RangeError for any other, since it would not refuse.
   */
  fail(code: number, detail = ''): void {
    if (!isRefusal(code)) {
      throw new RangeError(`${code} does not refuse anything: use a status of 400 to 599`);
    }
    this.answer(() => {
      this.refuse(code, detail);
    });
  }

  /** What a handler returned, unless it has answered by itself. @internal */
  settle(returned: unknown): void {
    if (this.standing === 'open' || returned !== undefined) {
      this.answer(() => {
        this.succeed(returned);
      });
    }
  }

  /** From now on the handler cannot answer any more. @internal */
  end(): void {
    this.standing = 'ended';
  }

  protected abstract succeed(returned: unknown): void;

  protected refuse(code: number, detail: string, contentType = 'text/plain; charset=utf-8'): void {
    this.isRefused = true;
    this.code = code;
    this.content = detail;
    this.contentType = detail === '' ? undefined : contentType;
  }

  /** The first answer counts: a second one cannot take it back, because the first may be on its way. */
  protected answer(write: () => void): void {
    if (this.standing === 'answered') {
      this.warn({ code: 'answered_twice', text: 'a handler has answered twice; the first answer counts' });
    } else if (this.standing === 'ended') {
      const text =
        'a handler answered after it had ended: let it return a promise that ends after the answer';
      this.warn({ code: 'answered_late', text });
    } else {
      write();
      this.standing = 'answered';
    }
  }
}

function isRefusal(code: number): boolean {
  return Number.isInteger(code) && code >= 400 && code <= 599;
}
