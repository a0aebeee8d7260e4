import { NodeHttpHandler } from '@smithy/node-http-handler';
import { lazily } from '../shared/lazily';

/**
 * A call that hangs must fail while the function can still say so: four tries of three seconds stay below
 * every function's own time-out.
 */
export const MAX_ATTEMPTS = 4;

const requestHandler = lazily(
  () => new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true }),
);

/**
 * What the clients of a container have in common. Each is made at the first use, once, from the environment
 * alone, and has a file of its own: a function's bundle holds the clients that it uses.
 */
export const clientSettings = () => ({ maxAttempts: MAX_ATTEMPTS, requestHandler: requestHandler() });
