import { makeReplyCheck } from '../../support/documented-replies';
import { type Answer, call, observeCalls } from '../../support/http-call';
import type { Journey } from './journey';

export interface DocumentedReplies {
  /** `GET /v1/topics 200` of every reply that the document was held against. */
  readonly checked: ReadonlySet<string>;
  readonly problems: readonly string[];
  stop(): void;
}

/** Holds every reply of `/v1` that any journey sees from now on against the document that the API itself gives. */
export async function watchReplies({ target }: Journey): Promise<DocumentedReplies> {
  const { status, json: document } = await call(target.baseUrl, '/openapi.json');
  expect([status, document?.openapi]).toEqual([200, '3.1.0']);
  expect(document.servers).toEqual([{ url: target.baseUrl }]);
  const check = makeReplyCheck(document);
  const checked = new Set<string>();
  const problems: string[] = [];
  const stop = observeCalls((request, answer) => {
    const [path = '', query = ''] = request.path.split('?');
    if (!/^\/v1\/|^\/health$/.test(path) || isElsewhere(request.method, answer)) {
      return;
    }
    const seen = {
      ...{
        method: request.method,
        path: path.replace(/\/$/, ''),
        query: [...new URLSearchParams(query).keys()],
      },
      ...{ status: answer.status, contentType: answer.headers['content-type'] ?? '', text: answer.text },
    };
    checked.add(`${request.method} ${path} ${answer.status}`);
    problems.push(...check(seen).map((problem) => `${request.method} ${request.path}: ${problem}`));
  });
  return { checked, problems, stop };
}

/** What no operation answers: other paths, and what the gateway says of OPTIONS and HEAD. */
function isElsewhere(method: string, { json, status }: Answer): boolean {
  const isUnknownPath = status === 404 && String(json?.detail).startsWith('there is nothing at ');
  return isUnknownPath || method === 'OPTIONS' || method === 'HEAD';
}

/** Comes last, when the journeys have seen what they see. */
export function documentedReplies(replies: () => DocumentedReplies): void {
  it('says what every reply of the journeys was like', () => {
    expect(replies().problems).toEqual([]);
    expect(replies().checked.size).toBeGreaterThan(40);
  });
}
