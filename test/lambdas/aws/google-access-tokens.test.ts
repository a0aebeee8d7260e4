import { decodeJwt, decodeProtectedHeader } from 'jose';
import { makeGoogleAccessTokens, parseServiceAccount } from '../../../lambdas/aws/google-access-tokens';
import { makeHttpWebhookTarget } from '../../../lambdas/aws/http-webhook-target';
import { type PubsubServer, startPubsub } from '../../support/pubsub-server';

let google: PubsubServer;
const http = makeHttpWebhookTarget({ allow: true });
const sent: string[] = [];

beforeEach(async () => {
  google = await startPubsub();
});
afterEach(() => google.stop());
afterAll(() => http.close());

function makeTokens(readAccount: () => Promise<string | undefined> = async () => google.account) {
  const clock = { now: new Date() };
  const tokens = makeGoogleAccessTokens({
    readAccount,
    post: (request) => {
      sent.push(Buffer.from(request.body).toString());
      return http.post(request);
    },
    now: () => clock.now,
  });
  return {
    read: (refused?: string) => tokens.read({ timeoutSeconds: 5, refused }),
    pass: (seconds: number) => {
      clock.now = new Date(clock.now.getTime() + seconds * 1000);
    },
  };
}

describe('makeGoogleAccessTokens', () => {
  it('exchanges an assertion of the account for a token that may publish and no more', async () => {
    const { read } = makeTokens();
    expect(await read()).toEqual({ token: 'ya29.token-1' });
    const assertion = new URLSearchParams(sent.at(-1)).get('assertion') ?? '';
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-1' });
    expect(decodeJwt(assertion)).toMatchObject({
      scope: 'https://www.googleapis.com/auth/pubsub',
      aud: `${google.url}/token`,
    });
  });

  it('keeps the token until shortly before it expires', async () => {
    const { read, pass } = makeTokens();
    await read();
    pass(3500);
    expect(await read()).toEqual({ token: 'ya29.token-1' });
    pass(50);
    expect(await read()).toEqual({ token: 'ya29.token-2' });
  });

  it('asks once for all who need one at the same time', async () => {
    const { read } = makeTokens();
    const found = await Promise.all([read(), read(), read()]);
    expect(found).toEqual(new Array(3).fill({ token: 'ya29.token-1' }));
    expect(google.tokenRequests).toBe(1);
  });

  it('fetches another one for a token that was refused, and only for that', async () => {
    const { read } = makeTokens();
    await read();
    expect(await read('ya29.token-1')).toEqual({ token: 'ya29.token-2' });
    expect(await read('ya29.token-1')).toEqual({ token: 'ya29.token-2' });
    expect(google.tokenRequests).toBe(2);
  });

  it.each([
    ['refuses the account', { status: 400 }, 'token_refused'],
    ['has an outage', { status: 503 }, 'token_unavailable'],
    ['asks to slow down', { status: 429 }, 'token_unavailable'],
    ['gives no token', { status: 200, body: '<html>' }, 'token_unavailable'],
  ])('fails when Google %s, and tries again', async (_how, answer, failure) => {
    const { read } = makeTokens();
    google.answerTokens(answer);
    expect(await read()).toEqual({ failure });
    google.answerTokens(undefined);
    expect(await read()).toMatchObject({ token: expect.any(String) });
  });

  it('has no token where there is no account, and looks for one again after a minute', async () => {
    let account: string | undefined;
    let reads = 0;
    const { read, pass } = makeTokens(async () => {
      reads += 1;
      return account;
    });
    expect(await read()).toEqual({ token: undefined });
    account = google.account;
    expect(await read()).toEqual({ token: undefined });
    expect(reads).toBe(1);
    pass(61);
    expect(await read()).toEqual({ token: 'ya29.token-1' });
  });

  it('throws when the account cannot be read, and reads it again the next time', async () => {
    let isAway = true;
    const { read } = makeTokens(async () => {
      if (isAway) {
        throw new Error('the secrets are away');
      }
      return google.account;
    });
    await expect(read()).rejects.toThrow('the secrets are away');
    isAway = false;
    expect(await read()).toEqual({ token: 'ya29.token-1' });
  });
});

describe('parseServiceAccount', () => {
  const secret = 'c2VjcmV0LWtleQ';

  it.each([
    ['what is no JSON', `{"private_key":"${secret}"`],
    ['a list', `["${secret}"]`],
    ['a key without its owner', `{"private_key":"${secret}"}`],
    ['an owner without a key', `{"client_email":"${secret}"}`],
    ['a token end point that is no URL', `{"client_email":"a","private_key":"${secret}","token_uri":"x"}`],
  ])('refuses %s and quotes nothing of it', (_what, text) => {
    expect(() => parseServiceAccount(text)).toThrow(/^the service account is not a key file of Google/);
    expect(() => parseServiceAccount(text)).not.toThrow(new RegExp(secret));
  });

  it('takes Google’s own token end point where the file names none', () => {
    expect(parseServiceAccount('{"client_email":"a","private_key":"b"}').token_uri).toBe(
      'https://oauth2.googleapis.com/token',
    );
  });

  it('is followed by a refusal of a key that is none', async () => {
    const { read } = makeTokens(async () => `{"client_email":"a","private_key":"${secret}"}`);
    await expect(read()).rejects.toThrow('private_key is no RSA key in PKCS #8');
  });
});
