import { existsSync } from 'node:fs';
import { devNull } from 'node:os';
import { arn, type Endpoints, REGION } from '../aws/identity';
import type { Assembly } from '../template/assembly';
import type { Inventory } from '../template/inventory';
import { numberOf, required, textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** What it takes to run a function of the template. */
export interface FunctionDefinition {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly codeDirectory: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeoutSeconds: number;
}

/** Lambda's own defaults. */
const DEFAULT_MEMORY_MEGABYTES = 128;
const DEFAULT_TIMEOUT_SECONDS = 3;

/** Reads the template's functions; their environment is what the template says plus what Lambda adds. */
export function readFunctions(
  inventory: Inventory,
  assembly: Assembly,
  endpoints: Endpoints,
): FunctionDefinition[] {
  return inventory.ofType('AWS::Lambda::Function').map((resource) => {
    const name = String(inventory.ref(resource.logicalId));
    const runtime = textOf(resource, 'Runtime') ?? '';
    if (!/^nodejs\d+\.x$/.test(runtime)) {
      throw unknownValue(resource, 'Runtime', runtime);
    }
    const memoryMegabytes = numberOf(resource, 'MemorySize') ?? DEFAULT_MEMORY_MEGABYTES;
    return {
      logicalId: resource.logicalId,
      name,
      arn: arn('lambda', `function:${name}`),
      codeDirectory: codeDirectory(resource, assembly),
      handler: required(resource, 'Handler', textOf(resource, 'Handler')),
      memoryMegabytes,
      timeoutSeconds: numberOf(resource, 'Timeout') ?? DEFAULT_TIMEOUT_SECONDS,
      environment: { ...environmentOf(resource), ...runtimeEnvironment(name, memoryMegabytes, endpoints) },
    };
  });
}

function codeDirectory(resource: Resource, assembly: Assembly): string {
  const { S3Key, ...rest } = (resource.properties.Code ?? {}) as Record<string, unknown>;
  const directory = assembly.assets.get(String(S3Key).replace(/\.zip$/, ''));
  if (Object.keys(rest).some((key) => key !== 'S3Bucket') || directory === undefined) {
    throw unknownValue(resource, 'Code', resource.properties.Code);
  }
  if (!existsSync(directory)) {
    throw new Error(`the code of ${resource.logicalId} is not there: ${directory}`);
  }
  return directory;
}

function environmentOf(resource: Resource): Record<string, string> {
  const { Variables = {} } = (resource.properties.Environment ?? {}) as {
    Variables?: Record<string, unknown>;
  };
  return Object.fromEntries(Object.entries(Variables).map(([name, value]) => [name, String(value)]));
}

function runtimeEnvironment(
  name: string,
  memoryMegabytes: number,
  endpoints: Endpoints,
): Record<string, string> {
  return {
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
    AWS_ENDPOINT_URL_SQS: endpoints.sqs,
    // One emulator answers for both.
    AWS_ENDPOINT_URL_SNS: endpoints.sqs,
    // There is no emulator of event buses: nobody listens here, and nothing leaves the machine.
    AWS_ENDPOINT_URL_EVENTBRIDGE: 'http://127.0.0.1:1',
    // Nor is there a mail service: with a sender set, mails fail where it shows, and none leaves the machine.
    AWS_ENDPOINT_URL_SESV2: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoints.secretsManager,
    // The profiles of whoever runs this must not reach the functions.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
