import { Agent, request } from 'node:http';
import { REGION } from './identity';

/** One connection pool for the runner's own calls; emulators close their side when they stop. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** A service refused a call: `code` is AWS's error name, such as `ResourceNotFoundException`. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'AwsError';
  }
}

const protocols = {
  dynamodb: { prefix: 'DynamoDB_20120810', contentType: 'application/x-amz-json-1.0' },
  kinesis: { prefix: 'Kinesis_20131202', contentType: 'application/x-amz-json-1.1' },
  sqs: { prefix: 'AmazonSQS', contentType: 'application/x-amz-json-1.0' },
} as const;

/**
 * Calls an emulator in AWS's JSON protocol. The emulators check the form of a signature, not the signature:
 * this saves loading three SDK clients, and polling costs little.
 * @throws AwsError when the service refuses; any other error when it cannot be reached.
 */
export async function callAws<T>(
  service: keyof typeof protocols,
  endpoint: string,
  operation: string,
  input: object,
  signal?: AbortSignal,
): Promise<T> {
  const { prefix, contentType } = protocols[service];
  const { status, body } = await post(
    endpoint,
    {
      'content-type': contentType,
      'x-amz-target': `${prefix}.${operation}`,
      'x-amz-date': new Date().toISOString().replace(/[-:]|\.\d+/g, ''),
      authorization: authorization(service),
    },
    JSON.stringify(input),
    signal,
  );
  const output = body === '' ? {} : JSON.parse(body);
  if (status !== 200) {
    const code = String(output.__type ?? status).replace(/^.*#/, '');
    throw new AwsError(code, `${operation}: ${output.message ?? output.Message ?? code}`);
  }
  return output as T;
}

function authorization(service: string): string {
  const scope = `local/20260101/${REGION}/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=local`;
}

function post(
  endpoint: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal | undefined,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      endpoint,
      {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        ...(signal && { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

/** Closes the idle connections of the runner's own calls. */
export function closeConnections(): void {
  agent.destroy();
}
