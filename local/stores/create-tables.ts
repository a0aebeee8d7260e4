import { AwsError, callAws } from '../aws/call';
import type { Inventory } from '../template/inventory';
import { textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** Creates the template's tables; those that a kept data directory has already stay as they are. */
export async function createTables(inventory: Inventory, endpoint: string): Promise<void> {
  await Promise.all(
    inventory
      .ofType('AWS::DynamoDB::Table')
      .map((table) => createTable(endpoint, table, String(inventory.ref(table.logicalId)))),
  );
}

async function createTable(endpoint: string, table: Resource, name: string): Promise<void> {
  try {
    await callAws('dynamodb', endpoint, 'CreateTable', creation(table, name));
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'ResourceInUseException')) {
      throw error;
    }
    await refuseChangedTable(endpoint, table, name);
  }
}

function creation(table: Resource, name: string): object {
  const billing = textOf(table, 'BillingMode') ?? 'PROVISIONED';
  if (billing !== 'PAY_PER_REQUEST' && billing !== 'PROVISIONED') {
    throw unknownValue(table, 'BillingMode', billing);
  }
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes } = table.properties;
  const indexes = GlobalSecondaryIndexes as readonly Record<string, unknown>[] | undefined;
  return {
    TableName: name,
    KeySchema,
    AttributeDefinitions,
    // Capacity is not imitated: a table has as much as the machine gives.
    BillingMode: 'PAY_PER_REQUEST',
    ...(indexes && {
      GlobalSecondaryIndexes: indexes.map(({ IndexName, KeySchema: keys, Projection }) => ({
        IndexName,
        KeySchema: keys,
        Projection,
      })),
    }),
  };
}

interface TableDescription {
  readonly Table: {
    readonly KeySchema: unknown;
    readonly GlobalSecondaryIndexes?: readonly { readonly IndexName: string }[];
  };
}

/** CloudFormation would rebuild a table or an index; the emulator cannot add an index to a table. */
async function refuseChangedTable(endpoint: string, table: Resource, name: string): Promise<void> {
  const { Table } = await callAws<TableDescription>('dynamodb', endpoint, 'DescribeTable', {
    TableName: name,
  });
  const wanted = (table.properties.GlobalSecondaryIndexes ?? []) as readonly { IndexName: string }[];
  const same =
    JSON.stringify(Table.KeySchema) === JSON.stringify(table.properties.KeySchema) &&
    indexNames(Table.GlobalSecondaryIndexes ?? []) === indexNames(wanted);
  if (!same) {
    throw new Error(
      `the data directory holds the table ${name} with other keys or indexes than the template: start with an empty one`,
    );
  }
}

function indexNames(indexes: readonly { readonly IndexName: string }[]): string {
  return indexes
    .map(({ IndexName }) => IndexName)
    .sort()
    .join();
}
