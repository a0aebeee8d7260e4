import { type TableDefinition, type TableIndex, type TableName, tables } from '../lambdas/tables';

/** An item as DynamoDB's protocol has it: `{"name": {"S": "…"}}`. */
export type WireItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const UNIT_BYTES = 1024;

/**
 * The write units that one write takes, of the table and of its indexes, by DynamoDB's rules: the larger of the two
 * items for the table; for an index nothing, one entry written, or one removed and one written.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
export function writeUnits(table: string, before: WireItem | undefined, after: WireItem | undefined): number {
  const definition: TableDefinition = tables[table as TableName];
  const own = Math.max(unitsOf(before), unitsOf(after), 1);
  const ofIndexes = Object.values(definition.indexes).map((index) =>
    indexUnits(definition, index, before, after),
  );
  return own + ofIndexes.reduce((sum, units) => sum + units, 0);
}

function indexUnits(
  table: TableDefinition,
  index: TableIndex,
  before: WireItem | undefined,
  after: WireItem | undefined,
): number {
  const [old, next] = [before, after].map((item) => entryOf(table, index, item));
  if (JSON.stringify(old) === JSON.stringify(next)) {
    return 0;
  }
  const keys = keysOf(table, index);
  const isMoved = old && next && keys.some((key) => JSON.stringify(old[key]) !== JSON.stringify(next[key]));
  return isMoved ? unitsOf(old) + unitsOf(next) : Math.max(unitsOf(old), unitsOf(next));
}

/** `undefined` for an item that lacks a key of the index. */
function entryOf(
  table: TableDefinition,
  index: TableIndex,
  item: WireItem | undefined,
): WireItem | undefined {
  const keys = keysOf(table, index);
  if (!item || keys.some((key) => item[key] === undefined)) {
    return undefined;
  }
  const names = [...keys, ...(index.include ?? [])].filter((name) => item[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, item[name] ?? {}]));
}

function keysOf(table: TableDefinition, index: TableIndex): readonly string[] {
  const keys = [index.partitionKey, index.sortKey, table.partitionKey, table.sortKey];
  return [...new Set(keys.filter((key): key is string => key !== undefined))].sort();
}

function unitsOf(item: WireItem | undefined): number {
  return item === undefined ? 0 : Math.ceil(sizeOfMap(item) / UNIT_BYTES);
}

function sizeOfMap(map: WireItem): number {
  return Object.entries(map).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + sizeOf(value), 0);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
function sizeOf(value: Readonly<Record<string, unknown>>): number {
  const [[type, content] = ['NULL', true]] = Object.entries(value);
  switch (type) {
    case 'S':
      return Buffer.byteLength(String(content));
    case 'N':
      return Math.ceil(String(content).length / 2) + 1;
    case 'B':
      return Buffer.from(String(content), 'base64').length;
    case 'M':
      return 3 + Object.keys(content as object).length + sizeOfMap(content as WireItem);
    case 'L':
      return 3 + (content as WireItem[string][]).reduce((sum, one) => sum + 1 + sizeOf(one), 0);
    case 'SS':
      return (content as string[]).reduce((sum, one) => sum + Buffer.byteLength(one), 0);
    default:
      return 1;
  }
}
