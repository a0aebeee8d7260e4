type HeaderValue = number | string | string[];

/** What is used of a response of Node to change its head. */
export interface ReplyHead {
  statusCode: number;
  statusMessage: string;
  readonly headersSent: boolean;
  getHeaders(): Readonly<Record<string, HeaderValue | undefined>>;
  setHeader(name: string, value: HeaderValue): unknown;
  removeHeader(name: string): void;
}

interface SavedHead {
  readonly statusCode: number;
  readonly statusMessage: string;
  readonly headers: Readonly<Record<string, HeaderValue | undefined>>;
}

/** Status and headers as they are now. */
export function headOf(response: ReplyHead): SavedHead {
  const { statusCode, statusMessage } = response;
  return { statusCode, statusMessage, headers: { ...response.getHeaders() } };
}

/** Makes status and headers what they were; what has been sent stays. */
export function setHead(response: ReplyHead, { statusCode, statusMessage, headers }: SavedHead): void {
  if (response.headersSent) {
    return;
  }
  response.statusCode = statusCode;
  response.statusMessage = statusMessage;
  for (const name of Object.keys(response.getHeaders())) {
    response.removeHeader(name);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) {
      response.setHeader(name, value);
    }
  }
}
