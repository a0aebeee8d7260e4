import { toFetchHandler } from '../../sdk/receiver';
import { makeChat } from './chat';

/** What an HTTP function of Azure Functions (programming model 4) gives back. */
export interface HttpResponseInit {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/**
 * Register it with `app.http('eventhandler', { methods: ['OPTIONS', 'POST'], authLevel: 'anonymous', handler })`. The
 * request is the one of Fetch; the reply is taken apart, since the host makes a response of its own.
 */
export function makeFunction(connectionString: string): (request: Request) => Promise<HttpResponseInit> {
  const serve = toFetchHandler(makeChat(connectionString));
  return async (request) => {
    const response = await serve(request);
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  };
}
