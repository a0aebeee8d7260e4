import type { RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';
import { type PrivateTargets, vetUrl } from '../../core/webhooks/targets/network-guard';

/** A worker serves some subscriptions again and again; many more would only take memory. */
const MOST_KEPT = 1000;

/**
 * The guard's judgement of URLs, which depends on nothing but their text, kept for those that come again.
 * @returns what to connect with; `undefined` for a URL that is refused.
 */
export function makeVettedUrls(allow: PrivateTargets): (url: string) => RequestOptions | undefined {
  const kept = new Map<string, RequestOptions | undefined>();
  return (url) => {
    if (!kept.has(url)) {
      const verdict = vetUrl(url, allow);
      if (kept.size >= MOST_KEPT) {
        kept.clear();
      }
      kept.set(url, verdict.ok ? urlToHttpOptions(verdict.url) : undefined);
    }
    return kept.get(url);
  };
}
