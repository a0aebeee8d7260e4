import { jsonOf } from './json-body';
import { type MqttUserProperty, userPropertyHeader } from './mqtt';
import { BlockingResponse } from './responses';

const contentTypes = {
  text: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  binary: 'application/octet-stream',
} as const;

export type ReplyDataType = keyof typeof contentTypes;

/** The answer to a user event. A handler returns what the client gets, or calls `success` or `fail`, or throws. */
export class MessageEventResponse extends BlockingResponse {
  private readonly userPropertyHeaders: Record<string, string> = {};

  override get headers(): Record<string, string> {
    return { ...super.headers, ...this.userPropertyHeaders };
  }

  /**
   * Nothing is 204 and sends the client nothing; everything else is 200 and its form.
   * @param dataType without it, a string is text, bytes are binary, and everything else is JSON. A string of type
   * `json` is JSON text already.
   */
  success(data?: unknown, dataType?: ReplyDataType): void {
    this.answer(() => {
      this.write(data, dataType);
    });
  }

  /** A user property of the message that an MQTT client gets. @throws TypeError for what a header cannot carry. */
  addUserProperty(property: MqttUserProperty): void {
    const [name, value] = userPropertyHeader(property);
    this.userPropertyHeaders[name] = value;
  }

  protected override succeed(returned: unknown): void {
    this.write(returned);
  }

  private write(data: unknown, dataType = typeOf(data)): void {
    const { isPython } = this.request.context.profile;
    if (data === undefined) {
      this.code = isPython ? 200 : 204;
      return;
    }
    this.content = bytesOf(data) ?? (typeof data === 'string' ? data : jsonOf(data));
    this.contentType = isPython ? undefined : contentTypes[dataType];
  }
}

function typeOf(data: unknown): ReplyDataType {
  if (bytesOf(data)) {
    return 'binary';
  }
  return typeof data === 'string' ? 'text' : 'json';
}

/** Not by `instanceof`: bytes made in another realm are bytes, too. */
function bytesOf(data: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const isBuffer = Object.prototype.toString.call(data) === '[object ArrayBuffer]';
  return isBuffer ? new Uint8Array(data as ArrayBuffer) : undefined;
}
