import { HeaderMap } from './header-map';
import type { HeaderSource, RawBody } from './http';
import { bytesOf } from './json-body';
import type { WebhookVerifier } from './webhook-verifier';

/** What goes wrong on the way to a receiver, as a body that would have verified. */
const mishaps: ReadonlyArray<readonly [explanation: string, repair: (body: string) => string]> = [
  ['a line end was added to the body', (body) => body.replace(/\r?\n$/, '')],
  ['the line end of the body was taken away', (body) => `${body}\n`],
  ['the body was parsed and written again', (body) => JSON.stringify(JSON.parse(body))],
  ['the body is in base64: decode it first', (body) => atob(body)],
];

/** Sentences for somebody who looks for the fault; `verified` when there is none. */
export async function explainFailure(
  verifier: WebhookVerifier,
  headers: HeaderSource,
  body: RawBody,
): Promise<string> {
  const verification = await verifier.verify(headers, body);
  if (verification.verified) {
    return `verified: ${verification.id}`;
  }
  const hint = await hintFor(verifier, headers, body, verification.reason);
  return hint ? `${verification.text}; ${hint}` : verification.text;
}

async function hintFor(
  verifier: WebhookVerifier,
  headers: HeaderSource,
  body: RawBody,
  reason: string,
): Promise<string | undefined> {
  const map = HeaderMap.from(headers);
  switch (reason) {
    case 'header_missing':
      return hintForMissing(map);
    case 'timestamp_too_new':
      return (map.first('webhook-timestamp') ?? '').length > 11
        ? 'webhook-timestamp looks like milliseconds, it is seconds'
        : undefined;
    case 'no_known_signature':
      return `it holds ${versionsIn(map.first('webhook-signature') ?? '')}`;
    case 'signature_mismatch':
      return hintForMismatch(verifier, headers, body);
    default:
      return undefined;
  }
}

function hintForMissing(map: HeaderMap): string | undefined {
  const others = [...map.entries()].map(([name]) => name).filter((name) => /signature/.test(name));
  if (others.length > 0) {
    return `it has ${others.slice(0, 3).join(', ')}: is it a webhook of another kind, or of another version?`;
  }
  return 'it is no signed webhook, or something on the way drops headers';
}

function versionsIn(header: string): string {
  const versions = header
    .split(' ')
    .map((part) => /^([a-z0-9]{1,8}),/.exec(part)?.[1] ?? 'something without a version');
  return [...new Set(versions)].slice(0, 5).join(', ');
}

async function hintForMismatch(
  verifier: WebhookVerifier,
  headers: HeaderSource,
  body: RawBody,
): Promise<string | undefined> {
  if (body.length === 0) {
    return 'the body is empty: something may have read it before';
  }
  const text = new TextDecoder().decode(bytesOf(body));
  for (const [explanation, repair] of mishaps) {
    const repaired = attempt(() => repair(text));
    if (repaired !== undefined && (await verifier.verify(headers, repaired)).verified) {
      return explanation;
    }
  }
  return undefined;
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
