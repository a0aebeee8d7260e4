import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { EmulatorSettings } from './emulators-thread';
import { ACCOUNT_ID, type Endpoints, REGION } from './identity';

export interface Emulators {
  readonly endpoints: Pick<Endpoints, 'dynamodb' | 'kinesis' | 'sqs'>;
  close(): Promise<void>;
}

/** Starting takes half a second on an idle machine, most of it reading code. */
const START_LIMIT_MILLISECONDS = 30_000;

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
  const endpoints = await firstMessage(thread, directory).catch(async (error: unknown) => {
    await thread.terminate();
    throw error;
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

function firstMessage(thread: Worker, directory: string | undefined): Promise<Emulators['endpoints']> {
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) =>
      reject(
        new Error(
          directory === undefined
            ? 'the emulators do not start'
            : `the emulators do not start: is ${directory} a folder that can be written, not in use by another run, and not damaged?`,
          { cause: reason },
        ),
      );
    const patience = setTimeout(() => fail('no answer in time'), START_LIMIT_MILLISECONDS);
    thread.once('message', resolve);
    thread.once('error', fail);
    thread.once('exit', (code) => fail(`exit code ${code}`));
    thread.once('message', () => clearTimeout(patience));
    thread.once('exit', () => clearTimeout(patience));
  });
}
