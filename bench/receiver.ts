import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from './vectors';

export interface Receiver {
  readonly url: string;
  /** What was posted since the last call: the path, and the epoch milliseconds at which it had arrived. */
  take(): Promise<ReadonlyArray<readonly [path: string, at: number]>>;
  stop(): Promise<unknown>;
}

/** A subscriber that answers 204 at once, in a process of its own. */
export async function startReceiver(): Promise<Receiver> {
  const child = fork(path.join(root, 'bench/receiver-process.cjs'), { execArgv: [] });
  const next = async (): Promise<Record<string, unknown>> => (await once(child, 'message'))[0];
  const { port } = await next();
  return {
    url: `http://127.0.0.1:${port}`,
    async take() {
      const answered = next();
      child.send('take');
      return (await answered).received as [string, number][];
    },
    async stop() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}
