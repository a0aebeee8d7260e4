import type { RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import kinesalite from 'kinesalite';
import { closeServer, listenOnLoopback } from '../loopback-server';
import { callAws, closeConnections } from './call';
import { withCompleteRequests } from './complete-requests';
import { startQueues } from './queue-emulator';
import { withTimestampIterators } from './timestamp-iterators';

/** What the thread is given: a folder for tables and streams, or none to keep them in memory. */
export interface EmulatorSettings {
  readonly directory: string | undefined;
}

const { directory } = workerData as EmulatorSettings;

async function run(): Promise<void> {
  const tables = dynalite({
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
    ...(directory && { path: join(directory, 'tables') }),
  });
  const streams: Server = kinesalite({
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 100,
    ...(directory && { path: join(directory, 'streams') }),
  });
  const queues = await startQueues();
  const endpoints = {
    dynamodb: await listen(tables),
    kinesis: await listenForStreams(streams),
    sqs: queues.endpoint,
  };
  // The stores open behind the servers' backs: a first call finds out whether they did.
  await Promise.all([
    callAws('dynamodb', endpoints.dynamodb, 'ListTables', {}),
    callAws('kinesis', endpoints.kinesis, 'ListStreams', {}),
  ]);
  closeConnections();
  parentPort?.once('message', async () => {
    await Promise.all([closeServer(tables), closeServer(streams), queues.close()]);
    // Ends the thread: nothing else holds it.
    parentPort?.close();
  });
  parentPort?.postMessage(endpoints);
}

/** Before it is listened to nobody asks for the address. */
async function listenForStreams(server: Server): Promise<string> {
  let endpoint = '';
  endpoint = await listen(server, (handle) => withTimestampIterators(handle, () => endpoint));
  return endpoint;
}

async function listen(
  server: Server,
  wrap: (handle: RequestListener) => RequestListener = (handle) => handle,
): Promise<string> {
  const [handle] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', withCompleteRequests(wrap(handle as RequestListener)));
  server.keepAliveTimeout = 60_000;
  return listenOnLoopback(server);
}

run().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
