import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { signWebhook } from '../../../core/webhooks/requests/signature';
import * as sdk from '../../../sdk/receiver';
import { documentedExamples } from '../../support/documented-examples';
import { makeEvent } from '../../support/web-pubsub-events';

const examples = documentedExamples('sdk/receiver');
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = '{"test": 2432232314}';

/** What the examples take as given: an event, a handler, a webhook. */
function given(): Record<string, unknown> {
  const webhookHeaders = signWebhook({
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestampSeconds: Math.floor(Date.now() / 1000),
    body: Buffer.from(body),
    secrets: [secret],
  });
  return {
    headers: makeEvent('sys.connect', { headers: { 'ce-userId': undefined } }).headers,
    body: '{}',
    handler: new sdk.EventHandler({ handleConnect: () => undefined }),
    webhook: { headers: { ...webhookHeaders }, body },
    verifier: new sdk.WebhookVerifier({ secrets: [secret] }),
  };
}

/** What the comments after `console.log` say that it prints. */
const promised = (code: string) =>
  [...code.matchAll(/console\.log\(.*(?:\n *)?\/\/ (.*)$/gm)].map(([, comment = '']) => comment);

async function run(code: string): Promise<string[]> {
  const lines: string[] = [];
  const require = createRequire(__filename);
  const load = (name: string) => (name === 'changewire/receiver' ? sdk : require(name));
  const words = (values: unknown[]) =>
    values.map((value) => (typeof value === 'string' ? value : inspect(value))).join(' ');
  const console = { log: (...values: unknown[]) => lines.push(words(values).trim()) };
  const script = code
    .replace(/^import (\{.*\}|\w+) from '(.*)';$/gm, "const $1 = require('$2');")
    .replace(/^export /gm, '');
  // Names that the example declares itself are not given.
  const names = Object.entries(given()).filter(([name]) => !new RegExp(`const ${name}\\b`).test(script));
  const parameters = ['require', 'console', ...names.map(([name]) => name)];
  const body = `return (async () => { ${script} })()`;
  await new Function(...parameters, body)(load, console, ...names.map(([, value]) => value));
  return lines;
}

describe('the examples of the documentation', () => {
  it('use every class and function that is there to be used', () => {
    const classes = Object.entries(sdk)
      .filter(([, value]) => typeof value === 'function' && !(value.prototype instanceof Error))
      .map(([name]) => name)
      // What handlers and callers are given, never make.
      .filter((name) => !/(Request|Response|Context)$/.test(name));
    const members = [
      'fromHttp',
      'handle',
      'preflight',
      'wrap',
      'verify',
      'explain',
      'setState',
      'delState',
      'clearStates',
    ];
    const used = examples.map(({ code }) => code).join();
    expect(classes).toHaveLength(10);
    expect([...classes, ...members].filter((name) => !new RegExp(`\\b${name}\\(`).test(used))).toEqual([]);
  });

  it.each(examples)('run, and print what they say: $name', async ({ code }) => {
    const printed = await run(code);
    const comments = promised(code);
    expect(printed).toHaveLength(comments.length);
    printed.forEach((line, index) => {
      expect([line, comments[index]?.startsWith(line)]).toEqual([line, line !== '']);
    });
  });
});
