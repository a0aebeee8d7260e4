import { makeChat } from './chat';

/** For runtimes whose programs export `fetch`: edge workers, Deno (`deno serve`), Bun. */
export function makeWorker(connectionString: string): { fetch(request: Request): Promise<Response> } {
  const pages = () => new Response('my pages');
  return { fetch: makeChat(connectionString).wrap(pages, '/eventhandler') };
}
