import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { TableName } from '../../lambdas/tables';
import { createTables, dynamodbClient, type Emulators, startEmulators } from './emulators';

export interface EmulatedTables {
  /** Within a test or a hook: before that nothing is started. */
  readonly client: DynamoDBDocumentClient;
  /** Tables that nobody has written to. */
  fresh(): Promise<Record<TableName, string>>;
}

/** Emulated tables for the tests of one file: started before the first, stopped after the last of them. */
export function useEmulatedTables(): EmulatedTables {
  let emulators: Emulators | undefined;
  let client: DynamoDBDocumentClient | undefined;
  let made = 0;

  beforeAll(async () => {
    emulators = await startEmulators();
    client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
      marshallOptions: { removeUndefinedValues: true },
    });
  });

  afterAll(async () => {
    client?.destroy();
    await emulators?.stop();
  });

  return {
    get client() {
      return started(client);
    },
    fresh() {
      made += 1;
      return createTables(started(emulators).dynamodbUrl, `t${made}-`);
    },
  };
}

function started<Thing>(thing: Thing | undefined): Thing {
  if (thing === undefined) {
    throw new Error('the emulators of this file are not started yet');
  }
  return thing;
}
