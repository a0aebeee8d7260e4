import { Validations } from 'aws-cdk-lib';
import { type Attribute, AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { type TableDefinition, type TableIndex, type TableName, tables } from '../../lambdas/tables';
import type { StageSettings } from '../stage';
import { removalPolicy } from './removal-policy';
import type { ServiceFunction } from './service-function';

/** What a function does with rows. */
export type RowOperation =
  | 'GetItem'
  | 'BatchGetItem'
  | 'PutItem'
  | 'UpdateItem'
  | 'DeleteItem'
  | 'Query'
  | 'Scan';

/**
 * One table of the map. `Table`, not `TableV2`: the latter synthesises a global table, which few local tools
 * read. No streams, no transactions: the laws do without.
 */
export class Store<Name extends TableName = TableName> extends Construct {
  readonly tableName: string;
  private readonly table: Table;

  constructor(scope: Construct, name: Name, settings: StageSettings) {
    super(scope, name);
    this.table = this.addTable(tables[name], settings);
    this.tableName = this.table.tableName;
    if (!settings.keepsData) {
      Validations.of(this.table).acknowledge({
        id: 'AwsSolutions-DDB3',
        reason: `The stage ${settings.stage} keeps no data: it is removed with the stack.`,
      });
    }
  }

  /** Lets the function do exactly these operations on the rows. */
  grant(fn: ServiceFunction, ...operations: RowOperation[]): void {
    fn.allow(
      operations.map((operation) => `dynamodb:${operation}`),
      this.table.tableArn,
    );
  }

  /** Lets the function look keys up in these indexes. */
  grantQuery(fn: ServiceFunction, ...indexes: (keyof (typeof tables)[Name]['indexes'] & string)[]): void {
    fn.allow(['dynamodb:Query'], ...indexes.map((index) => `${this.table.tableArn}/index/${index}`));
  }

  private addTable(definition: TableDefinition, settings: StageSettings): Table {
    const table = new Table(this, 'Table', {
      ...keys(definition),
      billingMode: BillingMode.PAY_PER_REQUEST,
      ...(definition.timeToLive && { timeToLiveAttribute: definition.timeToLive }),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: settings.keepsData },
      deletionProtection: settings.keepsData,
      removalPolicy: removalPolicy(settings),
    });
    for (const [indexName, index] of Object.entries(definition.indexes)) {
      table.addGlobalSecondaryIndex({ indexName, ...keys(index), ...projection(index) });
    }
    return table;
  }
}

function projection({ include }: TableIndex) {
  return include
    ? { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...include] }
    : { projectionType: ProjectionType.KEYS_ONLY };
}

/** All keys are strings: numbers lose digits and sort no better. */
function keys({ partitionKey, sortKey }: { readonly partitionKey: string; readonly sortKey?: string }): {
  partitionKey: Attribute;
  sortKey?: Attribute;
} {
  const attribute = (name: string): Attribute => ({ name, type: AttributeType.STRING });
  return { partitionKey: attribute(partitionKey), ...(sortKey && { sortKey: attribute(sortKey) }) };
}
