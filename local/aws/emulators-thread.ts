import type { RequestListener, Server } from 'node:http';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import dynalite from 'dynalite';
import kinesalite from 'kinesalite';
import { closeServer, listenOnLoopback } from '../loopback-server';
import { callAws, closeConnections } from './call';
import { withCompleteRequests } from './complete-requests';
import { startQueues } from './queue-emulator';

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
  const streams = kinesalite({
    createStreamMs: 0,
    deleteStreamMs: 0,
    updateStreamMs: 0,
    shardLimit: 100,
    ...(directory && { path: join(directory, 'streams') }),
  });
  const queues = await startQueues();
  const endpoints = {
    dynamodb: await listen(tables),
    kinesis: await listen(streams),
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

async function listen(server: Server): Promise<string> {
  const [handle] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', withCompleteRequests(handle as RequestListener));
  server.keepAliveTimeout = 60_000;
  return listenOnLoopback(server);
}

run().catch((error: unknown) => {
  setImmediate(() => {
    throw error;
  });
});
