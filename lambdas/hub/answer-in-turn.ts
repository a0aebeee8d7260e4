import { PayloadTooLargeError, type Responder } from '../../sdk/receiver';
import type { HttpReply, HttpRequest } from '../shared/http-message';

/** Has the receiver library answer. A function stops at its reply, so what it acknowledges is handled first. */
export async function answerInTurn(responder: Responder, request: HttpRequest): Promise<HttpReply> {
  const { method, path, headerLines, body } = request;
  const answer = await responder.answer({
    method,
    path,
    headers: headerLines,
    readBody: async (maxBytes) => {
      if (body.length > maxBytes) {
        throw new PayloadTooLargeError(maxBytes);
      }
      return body;
    },
  });
  if (answer.outcome === 'passed') {
    throw new Error('there is nobody to pass a request on to');
  }
  const {
    status,
    headers,
    body: content,
  } = answer.outcome === 'replied' ? answer.reply : await answer.finish();
  return { status, headers, body: typeof content === 'string' ? content : Buffer.from(content).toString() };
}
