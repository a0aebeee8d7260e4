import {
  type ClientCredentials,
  type Credentials,
  credentialsHeader,
} from '../../topics/credentials/credentials';
import type { TargetResult, WebhookRequest, WebhookTarget } from '../ports';
import type { AccessTokens } from './access-tokens';

export interface PostPorts {
  readonly target: WebhookTarget;
  readonly tokens: AccessTokens;
  readonly now: () => Date;
}

const UNAUTHORIZED = 401;

/**
 * Makes one attempt: posts the webhook with the subscription's credentials, which replace a header of the same
 * name. All of it happens within the time-out of the request.
 */
export async function postWebhook(
  request: WebhookRequest,
  credentials: Credentials | undefined,
  ports: PostPorts,
): Promise<TargetResult> {
  if (!credentials) {
    return ports.target.post(request);
  }
  if (credentials.type !== 'oauth2_client_credentials') {
    const headers = { ...request.headers, ...credentialsHeader(credentials) };
    return ports.target.post({ ...request, headers });
  }
  return postWithTokens(request, credentials, ports);
}

/** A 401 has the token renewed and the webhook posted once more: a token can be revoked before it expires. */
async function postWithTokens(
  request: WebhookRequest,
  credentials: ClientCredentials,
  ports: PostPorts,
): Promise<TargetResult> {
  const startedAt = ports.now().getTime();
  const first = await postWithToken();
  if (!('token' in first) || !('status' in first.result) || first.result.status !== UNAUTHORIZED) {
    return first.result;
  }
  const second = secondsLeft() > 0 ? await postWithToken(first.token) : first;
  return 'token' in second ? second.result : first.result;

  /** @param refused a token that was not taken. */
  async function postWithToken(
    refused?: string,
  ): Promise<{ readonly token: string; readonly result: TargetResult } | { readonly result: TargetResult }> {
    const timeoutSeconds = secondsLeft();
    const read = await ports.tokens.read(credentials, {
      timeoutSeconds,
      ...(refused !== undefined && { refused }),
    });
    const left = secondsLeft();
    if ('failure' in read || left <= 0) {
      const failure = 'failure' in read ? read.failure : 'token_unavailable';
      return { result: { milliseconds: ports.now().getTime() - startedAt, failure } };
    }
    const headers = { ...request.headers, authorization: `Bearer ${read.token}` };
    return {
      token: read.token,
      result: await ports.target.post({ ...request, headers, timeoutSeconds: left }),
    };
  }

  function secondsLeft(): number {
    return request.timeoutSeconds - (ports.now().getTime() - startedAt) / 1000;
  }
}
