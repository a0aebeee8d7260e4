import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { root } from './vectors';

export interface Receiver {
  readonly url: string;
  /** What was posted since the last call: the path, and the epoch milliseconds at which it had arrived. */
  take(): Promise<ReadonlyArray<readonly [path: string, at: number]>>;
  stop(): Promise<unknown>;
}

/** A subscriber that answers 204 at once, on a thread of its own. */
export async function startReceiver(): Promise<Receiver> {
  const worker = new Worker(path.join(root, 'bench/receiver-thread.cjs'));
  const next = () => new Promise<Record<string, unknown>>((resolve) => worker.once('message', resolve));
  const { port } = await next();
  return {
    url: `http://127.0.0.1:${port}`,
    async take() {
      const answered = next();
      worker.postMessage('take');
      return (await answered).received as [string, number][];
    },
    stop: () => worker.terminate(),
  };
}
