import path from 'node:path';
import vm from 'node:vm';
import { buildSync } from 'esbuild';
import { root } from '../../support/source-files';
import { connectionString, makeEvent, makePreflight, type SentEvent } from '../../support/web-pubsub-events';

/** What the Minimum Common Web API has and the library may use; nothing of Node. */
const webGlobals = {
  ...{ Request, Response, Headers, URL, ReadableStream, TextEncoder, TextDecoder, crypto: globalThis.crypto },
  ...{ atob, btoa, setTimeout, clearTimeout, console },
};

/** The library as a bundler for such a runtime makes it; `platform: neutral` has no module of Node to offer. */
const code = buildSync({
  entryPoints: [path.join(root, 'sdk/receiver/index.ts')],
  ...{
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'receiver',
    platform: 'neutral',
    target: 'es2022',
  },
}).outputFiles[0]?.text;

interface Runtime {
  send(event: SentEvent): Promise<Response>;
}

function startRuntime(program: string): Runtime {
  const context = vm.createContext({ ...webGlobals });
  vm.runInContext(code ?? '', context);
  const serve = vm.runInContext(program, context);
  return {
    send: ({ method, path, headers, body }) =>
      serve(new Request(`https://x${path}`, { method, headers, ...(body.length > 0 ? { body } : {}) })),
  };
}

const program = `
const { AccessKeyValidator, EventHandler, toFetchHandler } = receiver;
toFetchHandler(new EventHandler({
  requestValidator: new AccessKeyValidator('${connectionString()}'),
  handleConnect: ({ claims }, response) => { response.setState('role', claims.role[0]); return { groups: ['lobby'] }; },
  handleUserMessage: ({ data, connectionState }) => data instanceof Uint8Array ? data.map((one) => one + 1) : { data, state: connectionState },
}), { path: '/eventhandler' });`;

describe('a runtime with web globals alone', () => {
  it('has nothing of Node', () => {
    const names = ['process', 'Buffer', 'require', 'global', 'setImmediate', 'module'];
    const context = vm.createContext({ ...webGlobals });
    expect(names.map((name) => vm.runInContext(`typeof ${name}`, context))).toEqual(
      names.map(() => 'undefined'),
    );
    expect(code).not.toMatch(/\brequire\(|\bBuffer\b|\bprocess\b|node:/);
  });

  it('handles events, signatures, state and bytes', async () => {
    const runtime = startRuntime(program);
    const connected = await runtime.send(makeEvent('sys.connect'));
    expect([connected.status, await connected.json()]).toEqual([200, { groups: ['lobby'] }]);
    const state = connected.headers.get('ce-connectionstate') ?? '';
    const json = makeEvent('user.message', {
      body: '"hé"',
      headers: { 'Content-Type': 'application/json', 'ce-connectionState': state },
    });
    expect(await (await runtime.send(json)).json()).toEqual({ data: 'hé', state: { role: 'writer' } });
    const bytes = makeEvent('user.message', {
      body: new Uint8Array([1, 2]),
      headers: { 'Content-Type': 'application/octet-stream' },
    });
    expect(new Uint8Array(await (await runtime.send(bytes)).arrayBuffer())).toEqual(new Uint8Array([2, 3]));
  });

  it('refuses and grants', async () => {
    const runtime = startRuntime(program);
    expect(
      (await runtime.send(makeEvent('sys.connect', { headers: { 'ce-signature': 'sha256=00' } }))).status,
    ).toBe(401);
    expect((await runtime.send(makeEvent('sys.connect', { body: '[]' }))).status).toBe(400);
    expect((await runtime.send(makePreflight())).headers.get('webhook-allowed-origin')).toBe(
      'service.example.org',
    );
  });

  it('verifies webhooks', async () => {
    const runtime = startRuntime(`
      const { MemoryIdempotencyStore, toFetchHandler, WebhookReceiver, WebhookVerifier } = receiver;
      const verifier = new WebhookVerifier({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'], now: () => 1614265330 });
      toFetchHandler(new WebhookReceiver({ verifier, store: new MemoryIdempotencyStore(), handle: () => {} }));`);
    const headers = {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    };
    const webhook = { method: 'POST', path: '/', headers, body: '{"test": 2432232314}' };
    expect((await runtime.send(webhook)).status).toBe(204);
    expect((await runtime.send({ ...webhook, body: '{"test":2432232314}' })).status).toBe(401);
  });
});
