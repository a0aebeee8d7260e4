import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { arn, functionNameOf } from './aws/identity';
import { explain, type Invocable } from './functions/invocation';
import { closeServer, listenOnLoopback } from './loopback-server';
import { readKeptFile } from './read-kept-file';
import { isCustomResource } from './template/coverage';
import type { Inventory } from './template/inventory';
import type { Resource } from './template/template';
import { writePrivately } from './write-privately';

/** CloudFormation's own limit on an answer is 4 kB. */
const MAX_ANSWER_BYTES = 4096;

/** How long after its function has returned a custom resource may still answer. */
const ANSWER_MILLISECONDS = 5_000;

interface Answer {
  readonly Status?: string;
  readonly Reason?: string;
  readonly PhysicalResourceId?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

/** Logical id → physical id of what has been created in a kept data directory. */
type Created = Readonly<Record<string, string>>;

/**
 * Invokes the template's custom resources as CloudFormation does at a deployment: `Create`, or `Update` for
 * those that a kept data directory has seen before.
 * @param recordPath where the physical ids are kept; undefined: nowhere.
 * @throws Error with the reason of the first one that fails.
 */
export async function createCustomResources(
  inventory: Inventory,
  functions: ReadonlyMap<string, Invocable>,
  recordPath: string | undefined,
): Promise<void> {
  let created: Created =
    recordPath !== undefined && existsSync(recordPath) ? readKeptFile(recordPath, JSON.parse) : {};
  const declared = inventory.ofType(isCustomResource);
  for (const { logicalId } of declared) {
    // Read again: its properties may refer to the answer of the one before.
    const resource = inventory.resource(logicalId);
    const answer = await request(inventory, resource, functions, created[logicalId]);
    inventory.setCustomAttributes(logicalId, answer.Data ?? {});
    created = { ...created, [logicalId]: answer.PhysicalResourceId ?? logicalId };
  }
  if (recordPath !== undefined && declared.length > 0) {
    writePrivately(recordPath, JSON.stringify(created));
  }
}

async function request(
  inventory: Inventory,
  resource: Resource,
  functions: ReadonlyMap<string, Invocable>,
  physicalId: string | undefined,
): Promise<Answer> {
  const place = `${resource.logicalId} (${resource.type})`;
  const fn = functions.get(functionNameOf(String(resource.properties.ServiceToken)) ?? '');
  if (!fn) {
    throw new Error(`${place}: its ServiceToken names no function of the template`);
  }
  const mailbox = await openMailbox();
  try {
    const outcome = await fn.invoke(JSON.stringify(eventFor(inventory, resource, mailbox.url, physicalId)));
    if (outcome.kind !== 'returned') {
      throw new Error(`${place}: ${fn.name} ${explain(outcome)}${reasonOf(outcome)}`);
    }
    const answer = await mailbox.take();
    if (answer?.Status !== 'SUCCESS') {
      throw new Error(`${place} failed: ${answer?.Reason ?? 'its function returned without an answer'}`);
    }
    return answer;
  } finally {
    mailbox.close();
  }
}

function reasonOf(outcome: { readonly kind: string; readonly message?: string }): string {
  return outcome.kind === 'failed' ? `: ${outcome.message}` : '';
}

function eventFor(
  inventory: Inventory,
  { logicalId, type, properties }: Resource,
  responseUrl: string,
  physicalId: string | undefined,
): object {
  return {
    RequestType: physicalId === undefined ? 'Create' : 'Update',
    ResponseURL: responseUrl,
    StackId: arn('cloudformation', `stack/${inventory.stackName}/local`),
    RequestId: randomUUID(),
    ResourceType: type,
    LogicalResourceId: logicalId,
    ServiceToken: properties.ServiceToken,
    ResourceProperties: properties,
    ...(physicalId !== undefined && { PhysicalResourceId: physicalId, OldResourceProperties: properties }),
  };
}

interface Mailbox {
  readonly url: string;
  /** The answer, once the function has returned; undefined when none comes in time. */
  take(): Promise<Answer | undefined>;
  close(): void;
}

/** A URL that takes one answer, as CloudFormation's pre-signed one does. */
async function openMailbox(): Promise<Mailbox> {
  const secret = `/${randomUUID()}`;
  let deliver: (answer: Answer | undefined) => void = () => undefined;
  const answer = new Promise<Answer | undefined>((resolve) => {
    deliver = resolve;
  });
  let patience: NodeJS.Timeout | undefined;
  const server = createServer(async (incoming, response) => {
    const text = incoming.method === 'PUT' && incoming.url === secret ? await readText(incoming) : undefined;
    response.writeHead(text === undefined ? 403 : 200, { connection: 'close' }).end();
    if (text !== undefined) {
      deliver(parseAnswer(text));
    }
  });
  return {
    url: `${await listenOnLoopback(server)}${secret}`,
    take: () => {
      patience = setTimeout(() => deliver(undefined), ANSWER_MILLISECONDS);
      return answer;
    },
    close: () => {
      clearTimeout(patience);
      void closeServer(server);
    },
  };
}

async function readText(incoming: IncomingMessage): Promise<string | undefined> {
  let text = '';
  try {
    for await (const chunk of incoming.setEncoding('utf8')) {
      text += chunk;
      if (text.length > MAX_ANSWER_BYTES) {
        return undefined;
      }
    }
  } catch {
    return undefined;
  }
  return text;
}

function parseAnswer(text: string): Answer {
  try {
    return JSON.parse(text);
  } catch {
    return { Status: 'FAILED', Reason: 'its answer is not JSON' };
  }
}
