import type { FunctionName } from '../functions';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** Does what is due, until the deadline at the latest; returns the counts that go into the log. */
export type TickHandler = (deadline: Date) => Promise<Readonly<Record<string, number | boolean>>>;

/**
 * The wrapper of every scheduled function.
 * @param options.timeoutSeconds the function's; a fifth of it is left for what the last page began.
 */
export function scheduleFunction({
  name,
  timeoutSeconds,
  wire,
}: {
  readonly name: FunctionName;
  readonly timeoutSeconds: number;
  readonly wire: () => TickHandler;
}) {
  const handle = lazily(wire);
  const logger = lazily(() => makeLogger(name));
  return async (): Promise<void> => {
    const counts = await handle()(new Date(Date.now() + timeoutSeconds * 800));
    logger().info('tick', counts);
  };
}
