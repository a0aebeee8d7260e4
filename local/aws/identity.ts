/** The account and the region that everything on this machine pretends to be in: what the emulators use too. */
export const ACCOUNT_ID = '000000000000';
export const REGION = 'us-east-1';

/** Builds an ARN of the local account. */
export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}

/** The last part of a function's ARN without version or alias: its name. */
export function functionNameOf(functionArn: string): string | undefined {
  return /:function:([^:/]+)/.exec(functionArn)?.[1];
}

/** Where the services answer, as `http://127.0.0.1:<port>`. */
export interface Endpoints {
  readonly dynamodb: string;
  readonly kinesis: string;
  readonly sqs: string;
  readonly secretsManager: string;
}
