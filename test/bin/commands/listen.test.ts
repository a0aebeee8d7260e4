import { randomBytes } from 'node:crypto';
import { publicJwkOf, publicKeyOf } from '../../../core/topics/credentials/ed25519-key';
import { mintSigningSecret } from '../../../core/topics/credentials/signing-secret';
import { signWebhook } from '../../../core/webhooks/requests/signature';
import { type RanCommand, runCommand, type StubApi, startStubApi } from '../command-host';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const body = '{"type":"profile.created","data":{"a":"\\u001b[2J"}}';

async function post(url: string, options: { secret?: string; body?: string } = {}): Promise<number> {
  const signed = signWebhook({
    id: 'evt_1',
    timestampSeconds: Math.floor(Date.now() / 1000),
    body: Buffer.from(body),
    secrets: [options.secret ?? secret],
  });
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...signed, 'content-type': 'application/json' },
    body: options.body ?? body,
  });
  return response.status;
}

/** Runs `listen`, waits until it says where, and lets the test post. */
async function whileListening(
  words: readonly string[],
  act: (url: string, stop: () => void) => Promise<void>,
  environment: Record<string, string> = {},
): Promise<RanCommand> {
  let stop: (signal: string) => void = () => undefined;
  const url = await new Promise<{ url: string; ran: Promise<RanCommand> }>((resolve, reject) => {
    const ran: Promise<RanCommand> = runCommand(words, {
      environment,
      onStop(listener) {
        stop = listener;
        return () => undefined;
      },
      note: (line) => {
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(line);
        if (found && line.startsWith('listening')) {
          setImmediate(() => resolve({ url: found[0], ran }));
        }
      },
    });
    // Once it listens, this comes too late to matter.
    ran.then(({ exitCode, noted }) => reject(new Error(`it ended with ${exitCode}: ${noted.join()}`)));
  });
  try {
    await act(url.url, () => stop('SIGINT'));
  } catch (error) {
    // What still listens would keep the run of the tests from ending.
    stop('SIGINT');
    await url.ran;
    throw error;
  }
  return url.ran;
}

describe('listen', () => {
  it('verifies each webhook over its raw bytes, prints it, and ends after --count', async () => {
    const ran = await whileListening(
      ['listen', '--port', '0', '--secret', secret, '--count', '3'],
      async (url) => {
        // A sender of CloudEvents asks first; nothing is printed of that.
        const asked = await fetch(url, {
          method: 'OPTIONS',
          headers: { 'webhook-request-origin': 'a.example' },
        });
        expect([asked.status, asked.headers.get('webhook-allowed-origin')]).toEqual([204, '*']);
        expect(await post(url)).toBe(200);
        expect(await post(url, { body: '{"total": 12.50}' })).toBe(200);
        expect(await post(url, { secret: `whsec_${Buffer.alloc(32, 8).toString('base64')}` })).toBe(200);
      },
    );
    expect(ran.exitCode).toBe(0);
    expect(ran.printed.map((line) => JSON.parse(line).signature)).toEqual([
      'verified (v1)',
      expect.stringMatching(/^NOT VERIFIED: no signature fits/),
      expect.stringMatching(/^NOT VERIFIED: no signature fits/),
    ]);
    expect(JSON.parse(ran.printed[0] as string)).toMatchObject({ id: 'evt_1', body: JSON.parse(body) });
    expect(ran.printed[1]).toContain('"body":{"total":12.50}}');
  });

  it('verifies v1a by the public key, which CHANGEWIRE_SECRET may hold, and says by which version', async () => {
    const signing = mintSigningSecret(randomBytes, 'v1a');
    const both = [
      'listen',
      '--port',
      '0',
      '--secret',
      secret,
      '--secret',
      publicKeyOf(signing),
      '--count',
      '2',
    ];
    const ran = await whileListening(both, async (url) => {
      await post(url, { secret: signing });
      await post(url);
    });
    expect(ran.printed.map((line) => JSON.parse(line).signature)).toEqual([
      'verified (v1a)',
      'verified (v1)',
    ]);
    const kept = await whileListening(
      ['listen', '--port', '0', '--count', '2'],
      async (url) => {
        await post(url, { secret: signing });
        await post(url);
      },
      { CHANGEWIRE_SECRET: publicKeyOf(signing) },
    );
    expect(kept.printed.map((line) => JSON.parse(line).verified)).toEqual([true, false]);
  });

  it('refuses what does not verify with --verify, explains it, and fails in the end', async () => {
    const words = ['listen', '--port', '0', '--secret', secret, '--count', '3', '--verify'];
    const ran = await whileListening(words, async (url) => {
      expect(await post(url)).toBe(200);
      expect(await post(url, { body: JSON.stringify(JSON.parse(body), null, 2) })).toBe(401);
      expect((await fetch(url, { method: 'POST', body })).status).toBe(401);
    });
    expect(ran.exitCode).toBe(1);
    expect(ran.printed.map((line) => JSON.parse(line).verified)).toEqual([true, false, false]);
    expect(ran.printed[1]).toContain('the body was parsed and written again');
    expect(ran.printed[2]).toMatch(/lacks webhook-id, webhook-timestamp, webhook-signature/);
    const good = await whileListening(words.with(6, '1'), async (url) => void (await post(url)));
    expect(good.exitCode).toBe(0);
  });

  it('verifies with the published keys of a subscription', async () => {
    const signing = mintSigningSecret(randomBytes, 'v1a');
    const api = await startStubApi(() => ({ status: 200, body: { keys: [publicJwkOf(signing)] } }));
    const words = ['--base-url', api.url, '--token', 't', 'listen', '--port', '0', '--subscription', 'sub/1'];
    const ran = await whileListening([...words, '--verify', '--count', '1'], async (url) => {
      expect(await post(url, { secret: signing })).toBe(200);
    });
    expect(ran.exitCode).toBe(0);
    expect(api.calls.map(({ path }) => path)).toEqual(['/.well-known/webhooks/sub%2F1/jwks.json']);
    await api.close();
  });

  it('answers as it is told, and takes nothing but POST', async () => {
    await whileListening(['listen', '--port', '0', '--answer', '503', '--count', '1'], async (url) => {
      expect((await fetch(url)).status).toBe(405);
      expect(await post(url)).toBe(503);
    });
  });

  it('subscribes itself with a key of its own that signs v1a', async () => {
    const api = await startStubApi(({ method }) =>
      method === 'POST' ? { status: 201, body: { id: 'sub_1' } } : { status: 204 },
    );
    const words = ['--base-url', api.url, '--token', 't', 'listen', '--port', '0', '--topic', 'orders'];
    const ran = await whileListening([...words, '--signature', 'v1a', '--count', '1'], async (url) => {
      const { secret: signing } = api.calls.map(({ body: made }) => made)[0] as { secret: string };
      expect(signing).toMatch(/^whsk_/);
      await post(url, { secret: signing });
    });
    expect(JSON.parse(ran.printed[0] as string).signature).toBe('verified (v1a)');
    await api.close();
  });

  it('subscribes itself with a new secret, and unsubscribes when it is stopped', async () => {
    const api: StubApi = await startStubApi(({ method }) =>
      method === 'POST' ? { status: 201, body: { id: 'sub_1' } } : { status: 204 },
    );
    const words = [
      '--base-url',
      api.url,
      '--token',
      't',
      'listen',
      '--port',
      '0',
      '--topic',
      'profile.created',
    ];
    const ran = await whileListening(words, async (url, stop) => {
      const made = api.calls[0]?.body as { topic: string; target: string; secret: string };
      expect(made).toMatchObject({ topic: 'profile.created', target: url });
      expect(await post(url, { secret: made.secret })).toBe(200);
      stop();
    });
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.printed[0] as string).signature).toBe('verified (v1)');
    expect(api.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /v1/subscriptions',
      'DELETE /v1/subscriptions/sub_1',
    ]);
    await api.close();
  });

  it('says which port is taken', async () => {
    const api = await startStubApi(() => ({ status: 200 }));
    const port = new URL(api.url).port;
    const { exitCode, noted } = await runCommand(['listen', '--port', port]);
    expect(exitCode).toBe(1);
    expect(noted.join()).toContain(`port ${port} is in use`);
    await api.close();
  });
});
