import { generateKeyPairSync } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importSPKI, jwtVerify } from 'jose';
import { judgePublish, type PublishedMessage } from './pubsub-rules';

/** One publish call that was answered 200. */
export interface PublishCall {
  /** As it stands in the path, decoded once. */
  readonly project: string;
  readonly topic: string;
  readonly messages: readonly PublishedMessage[];
  readonly messageIds: readonly string[];
  readonly authorization: string | undefined;
}

/** How a call is answered instead, before it is looked at: by an error of Google's, or by anything at all. */
export type PlannedAnswer =
  | {
      readonly status: number;
      readonly retryAfter?: string;
      readonly body?: string;
      readonly location?: string;
    }
  | 'hang'
  /** It is published, and the caller never learns of it. */
  | 'publish_and_close';

/** A local stand-in for Pub/Sub's REST end point and for the token end point of a service account. */
export interface PubsubServer {
  readonly url: string;
  /** The paths of all calls to publish as they came, the refused ones too. */
  readonly paths: readonly string[];
  readonly published: readonly PublishCall[];
  /** How often a token was asked for. */
  readonly tokenRequests: number;
  /** The key file of a service account that may publish: with it, calls need its token. */
  readonly account: string;
  /** From now on there are these topics alone. @default any */
  haveTopics(...topics: readonly string[]): void;
  /** The next calls to publish, in order; afterwards they are judged again. */
  plan(...answers: readonly PlannedAnswer[]): void;
  /** Tokens given so far are good for nothing. */
  revokeTokens(): void;
  /** How the token end point answers from now on: `undefined` as it should. */
  answerTokens(answer: { readonly status: number; readonly body?: string } | undefined): void;
  stop(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

const EMAIL = 'publisher@changewire.iam.gserviceaccount.example';
const TOKEN_SECONDS = 3600;

/** The body that Google's APIs answer errors with: https://docs.cloud.google.com/apis/design/errors. */
function errorBody(code: number, message: string): string {
  return JSON.stringify({ error: { code, message, status: statuses[code] ?? 'UNKNOWN' } });
}

/** @param options.needsToken whether calls need a token of the account; an emulator's do not. */
export async function startPubsub({ needsToken = true } = {}): Promise<PubsubServer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const verifyingKey = await importSPKI(
    publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    'RS256',
  );
  const paths: string[] = [];
  const published: PublishCall[] = [];
  const planned: PlannedAnswer[] = [];
  const tokens = new Map<string, number>();
  let topics: ReadonlySet<string> | undefined;
  let tokenAnswer: Parameters<PubsubServer['answerTokens']>[0];
  let tokenRequests = 0;
  let ids = 0;

  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const reply = request.url === '/token' ? await giveToken(body) : publish(request, body);
    if (reply === 'close') {
      response.destroy();
    } else if (reply !== 'hang') {
      const { status, text, headers } = reply;
      response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers }).end(text);
    }
  });

  async function giveToken(body: Buffer): Promise<Reply> {
    tokenRequests += 1;
    if (tokenAnswer) {
      return { status: tokenAnswer.status, text: tokenAnswer.body ?? '{"error":"invalid_grant"}' };
    }
    const form = new URLSearchParams(body.toString());
    const isGood = form.get('grant_type') === 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    try {
      const { payload } = await jwtVerify(form.get('assertion') ?? '', verifyingKey, {
        issuer: EMAIL,
        audience: `${url}/token`,
        algorithms: ['RS256'],
        requiredClaims: ['iat', 'exp', 'scope'],
      });
      const life = (payload.exp ?? 0) - (payload.iat ?? 0);
      if (!isGood || life > 3600 || payload.scope !== 'https://www.googleapis.com/auth/pubsub') {
        return { status: 400, text: '{"error":"invalid_scope"}' };
      }
    } catch {
      return { status: 400, text: '{"error":"invalid_grant","error_description":"Invalid JWT"}' };
    }
    const access_token = `ya29.token-${tokenRequests}`;
    tokens.set(access_token, Date.now() + TOKEN_SECONDS * 1000);
    return {
      status: 200,
      text: JSON.stringify({ access_token, expires_in: TOKEN_SECONDS, token_type: 'Bearer' }),
    };
  }

  function publish(request: IncomingMessage, body: Buffer): Reply | 'hang' | 'close' {
    paths.push(request.url ?? '');
    const plan = planned.shift();
    if (plan === 'hang') {
      return plan;
    }
    if (plan && plan !== 'publish_and_close') {
      const { status, retryAfter, location, body: text = errorBody(status, 'planned') } = plan;
      const headers = { ...(retryAfter && { 'retry-after': retryAfter }), ...(location && { location }) };
      return { status, text, headers };
    }
    const reply = judge(request, body);
    return plan === 'publish_and_close' ? 'close' : reply;
  }

  function judge({ method, url: path = '', headers }: IncomingMessage, body: Buffer): Reply {
    const refuse = (status: number, message: string): Reply => ({ status, text: errorBody(status, message) });
    const [, project, topic] = /^\/v1\/projects\/([^/?]+)\/topics\/([^/?]+):publish$/.exec(path) ?? [];
    if (method !== 'POST' || project === undefined || topic === undefined) {
      return refuse(404, 'Requested entity was not found.');
    }
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (needsToken && (tokens.get(token) ?? 0) < Date.now()) {
      return refuse(401, 'Request had invalid authentication credentials.');
    }
    const verdict = judgePublish(headers['content-type'], body);
    if ('problem' in verdict) {
      return refuse(400, verdict.problem);
    }
    const name = decodeURIComponent(topic);
    if (topics && !topics.has(name)) {
      return refuse(404, `Resource not found (resource=${name}).`);
    }
    const { messages } = verdict;
    const messageIds = messages.map(() => String(7_000_000_000_000_000 + ids++));
    const { authorization } = headers;
    published.push({
      project: decodeURIComponent(project),
      topic: name,
      messages,
      messageIds,
      authorization,
    });
    return { status: 200, text: JSON.stringify({ messageIds }) };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    paths,
    published,
    get tokenRequests() {
      return tokenRequests;
    },
    account: JSON.stringify({
      type: 'service_account',
      project_id: 'changewire',
      private_key_id: 'key-1',
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: EMAIL,
      token_uri: `${url}/token`,
    }),
    haveTopics(...names) {
      topics = new Set(names);
    },
    plan: (...answers) => void planned.push(...answers),
    revokeTokens: () => tokens.clear(),
    answerTokens(answer) {
      tokenAnswer = answer;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
