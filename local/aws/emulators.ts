import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EmulatorSettings } from './emulators-thread';
import { ACCOUNT_ID, type Endpoints, REGION } from './identity';

export interface Emulators {
  readonly endpoints: Pick<Endpoints, 'dynamodb' | 'kinesis' | 'sqs'>;
  close(): Promise<void>;
}

/** Closing flushes two small stores; what takes longer hangs. */
const CLOSE_LIMIT_MILLISECONDS = 5_000;

/**
 * Starts tables, streams and queues on free loopback ports.
 * @param directory keeps tables and streams across runs; queues always start empty.
 * @param onCrash hears of an emulator that died; nothing works from then on.
 */
export async function startEmulators(
  directory: string | undefined,
  onCrash: (error: Error) => void,
): Promise<Emulators> {
  const settings: EmulatorSettings = { directory };
  const thread = new Worker(join(__dirname, 'emulators-thread.cjs'), {
    workerData: settings,
    // Loaders of the parent's command line do not belong here: the thread brings its own.
    execArgv: [],
    // The emulators read their account and region from here.
    env: { ...process.env, AWS_ACCOUNT_ID: ACCOUNT_ID, AWS_REGION: REGION },
  });
  const exited = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  const endpoints = await new Promise<Emulators['endpoints']>((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the emulators stopped with code ${code}`)));
  });
  thread.on('error', onCrash);
  return {
    endpoints,
    close: async () => {
      thread.postMessage('stop');
      const patience = setTimeout(() => void thread.terminate(), CLOSE_LIMIT_MILLISECONDS);
      await exited;
      clearTimeout(patience);
    },
  };
}
