import type { TargetResult, WebhookRequest, WebhookTarget } from '../ports';

const MASK = '***';

/** Shorter values say little and stand in answers by chance. */
const SHORTEST_SECRET = 6;

/** What everybody may know: the form of the body, and what Standard Webhooks sends with it. */
const openHeaders: ReadonlySet<string> = new Set([
  'content-type',
  'user-agent',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
  'webhook-request-origin',
]);

/** The attributes of a CloudEvent are as confidential as its data, which is not masked. */
function isOpen(name: string): boolean {
  return openHeaders.has(name) || name.startsWith('ce-');
}

/**
 * A target whose answers hold nothing that was sent to it in confidence: many servers, and their proxies, quote a
 * request's headers in the page that explains an error, and answers are kept and shown.
 */
export function withoutSecrets(target: WebhookTarget): WebhookTarget {
  return { post: async (request) => maskAnswer(await target.post(request), request) };
}

function maskAnswer(result: TargetResult, { headers, url }: WebhookRequest): TargetResult {
  if (!('answer' in result) || result.answer === '') {
    return result;
  }
  const secrets = Object.entries(headers)
    .filter(([name]) => !isOpen(name.toLowerCase()))
    .flatMap(([, value]) => formsOf(value))
    .concat(queryValues(url))
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    // The longest first: a part of it would leave the rest.
    .sort((a, b) => b.length - a.length);
  return { ...result, answer: secrets.reduce(mask, result.answer) };
}

/** Many receivers know their callers by a key in the URL, and quote what was asked for: as written, and read. */
function queryValues(url: string): string[] {
  if (!URL.canParse(url)) {
    return [];
  }
  const { search, searchParams } = new URL(url);
  const written = search
    .slice(1)
    .split('&')
    .map((pair) => pair.slice(pair.indexOf('=') + 1));
  return [...written, ...searchParams.values()];
}

/** The value as it is, within JSON, without its scheme, and what Basic credentials stand for. */
function formsOf(value: string): string[] {
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(value) ?? [];
  const decoded = scheme.toLowerCase() === 'basic' ? Buffer.from(credentials, 'base64').toString() : '';
  const password = decoded.slice(decoded.indexOf(':') + 1);
  const forms = [value, credentials, decoded, password];
  return [...forms, ...forms.map((form) => JSON.stringify(form).slice(1, -1))];
}

/** Also where the kept bytes of the answer end within the secret. */
function mask(answer: string, secret: string): string {
  const masked = answer.replaceAll(secret, MASK);
  for (let length = secret.length - 1; length >= SHORTEST_SECRET; length -= 1) {
    if (masked.endsWith(secret.slice(0, length))) {
      return `${masked.slice(0, -length)}${MASK}`;
    }
  }
  return masked;
}
