// One instance of one function: loads the bundle, then answers one invocation after the other. A thread starts
// from plain JavaScript and brings no loader, so a bundle runs here as it would be deployed.
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { parentPort, workerData } = require('node:worker_threads');

const { codeDirectory, handler: handlerName, context: facts } = workerData;

/** `index.handler` → the function; CommonJS and ES modules alike. */
async function loadHandler() {
  const at = handlerName.lastIndexOf('.');
  const stem = join(codeDirectory, handlerName.slice(0, at));
  const path = ['.js', '.mjs', '.cjs'].map((extension) => stem + extension).find((file) => existsSync(file));
  if (!path) {
    throw new Error(`there is no file for the handler ${handlerName} in ${codeDirectory}`);
  }
  const loaded = path.endsWith('.mjs') ? await import(pathToFileURL(path).href) : require(path);
  const handle = loaded[handlerName.slice(at + 1)];
  if (typeof handle !== 'function') {
    throw new Error(`${path} exports no function ${handlerName.slice(at + 1)}`);
  }
  return handle;
}

function contextOf({ requestId, deadline }) {
  return {
    ...facts,
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

function describe(error) {
  return error instanceof Error || (typeof error === 'object' && error !== null && 'message' in error)
    ? {
        errorType: String(error.name ?? 'Error'),
        message: String(error.message),
        stack: String(error.stack ?? ''),
      }
    : { errorType: 'Error', message: String(error), stack: '' };
}

async function answer(handle, invocation) {
  try {
    const result = await handle(JSON.parse(invocation.event), contextOf(invocation));
    parentPort.postMessage({ kind: 'returned', payload: JSON.stringify(result ?? null) });
  } catch (error) {
    parentPort.postMessage({ kind: 'failed', error: describe(error) });
  }
}

loadHandler().then(
  (handle) => {
    parentPort.on('message', (invocation) => answer(handle, invocation));
    parentPort.postMessage({ kind: 'loaded' });
  },
  (error) => {
    parentPort.postMessage({ kind: 'not-loaded', error: describe(error) });
    parentPort.close();
  },
);
