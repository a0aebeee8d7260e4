import type { Context } from 'aws-lambda';
import type { FunctionName } from '../functions';
import { lazily } from './lazily';
import { makeLogger } from './logging';

/** Does what is due, until the deadline at the latest; returns the counts that go into the log. */
export type TickHandler = (deadline: Date) => Promise<Readonly<Record<string, number | boolean>>>;

/** Of the time that the function has; the rest is for what the last page began. */
const SHARE_OF_TIME = 0.8;

/** The wrapper of every scheduled function. */
export function scheduleFunction({
  name,
  wire,
}: {
  readonly name: FunctionName;
  readonly wire: () => TickHandler;
}) {
  const handle = lazily(wire);
  const logger = lazily(() => makeLogger(name));
  return async (_event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    const milliseconds = context.getRemainingTimeInMillis() * SHARE_OF_TIME;
    const counts = await handle()(new Date(Date.now() + milliseconds));
    logger().info('tick', counts);
  };
}
