import { createServer, type IncomingMessage } from 'node:http';
import { closeServer, listenOnLoopback } from '../loopback-server';
import type { Secret, SecretStore } from './secret-store';

/** A secret's value holds 64 kB on AWS. */
const MAX_VALUE_BYTES = 65_536;
const MAX_REQUEST_BYTES = 4 * MAX_VALUE_BYTES;

interface Reply {
  readonly status: number;
  readonly body: object;
}

/** Starts a stand-in for Secrets Manager on a loopback port: the three calls that functions make. */
export async function startSecretsManager(
  store: SecretStore,
): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    readBody(request)
      .then((body) => answer(store, String(request.headers['x-amz-target'] ?? ''), body))
      .catch((error: unknown) => refusal('InternalServiceError', String(error), 500))
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(body));
      });
  });
  return { endpoint: await listenOnLoopback(server), close: () => closeServer(server) };
}

function answer(store: SecretStore, target: string, body: string): Reply {
  const input = JSON.parse(body) as { SecretId?: string; SecretString?: string; VersionStage?: string };
  const secret = store.find(input.SecretId ?? '');
  if (!secret) {
    return refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  switch (target) {
    case 'secretsmanager.GetSecretValue':
      return currentValue(secret, input.VersionStage ?? 'AWSCURRENT');
    case 'secretsmanager.PutSecretValue':
      return put(store, secret, input.SecretString);
    case 'secretsmanager.DescribeSecret':
      return { status: 200, body: describe(secret) };
    default:
      return refusal('InvalidRequestException', `the local Secrets Manager does not implement ${target}`);
  }
}

function currentValue(secret: Secret, stage: string): Reply {
  if (secret.value === undefined || stage !== 'AWSCURRENT') {
    return refusal(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for staging label: ${stage}`,
    );
  }
  const { arn, name, versionId, value, createdAt } = secret;
  return {
    status: 200,
    body: {
      ARN: arn,
      Name: name,
      VersionId: versionId,
      SecretString: value,
      VersionStages: ['AWSCURRENT'],
      CreatedDate: createdAt,
    },
  };
}

function put(store: SecretStore, { name, arn }: Secret, value: string | undefined): Reply {
  if (value === undefined || Buffer.byteLength(value) > MAX_VALUE_BYTES) {
    return refusal('InvalidParameterException', `SecretString must have at most ${MAX_VALUE_BYTES} bytes`);
  }
  const { versionId } = store.put(name, value);
  return {
    status: 200,
    body: { ARN: arn, Name: name, VersionId: versionId, VersionStages: ['AWSCURRENT'] },
  };
}

function describe({ arn, name, value, versionId, createdAt }: Secret): object {
  return {
    ARN: arn,
    Name: name,
    CreatedDate: createdAt,
    ...(value !== undefined && { VersionIdsToStages: { [versionId]: ['AWSCURRENT'] } }),
  };
}

function refusal(code: string, message: string, status = 400): Reply {
  return { status, body: { __type: code, message } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_REQUEST_BYTES) {
      throw new Error('the request is too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
