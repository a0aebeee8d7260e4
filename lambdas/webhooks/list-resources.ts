import { adsReply, makeAdsDialect } from '../shared/ads-dialect';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';

/** What discovery services of ADS ask a service for (contract ADS, section 1), with resend, which is ours. */
const descriptions: Readonly<Record<string, string | null>> = {
  '/account': 'Registers an account by its user_id, and gives its access token.',
  '/subscribe': 'Subscribes a callback URL to an event.',
  '/trigger': null,
  '/webhooks/resend': 'Sends the callbacks that failed again.',
};

/**
 * Trigger: `GET /resources`, `/webhooks/resources`.
 * Success: 200 with the paths, what they do, and their methods.
 * Refusal: none.
 * Retry: harmless.
 */
export const listResources: HttpHandler = async () =>
  adsReply(
    Object.fromEntries(
      Object.entries(descriptions).map(([path, description]) => [
        path,
        { description, methods: ['POST', 'OPTIONS'] },
      ]),
    ),
  );

export const handler = httpFunction({
  name: 'list-resources',
  dialect: makeAdsDialect(401),
  methods: ['GET', 'HEAD'],
  wire: () => listResources,
});
