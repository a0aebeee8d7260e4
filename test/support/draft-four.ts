/**
 * As much of JSON Schema draft 04 as the published profile schema uses, written from the specification: the
 * other side of the comparison with our own schema.
 */
export interface SchemaNode {
  readonly $ref?: string;
  readonly allOf?: readonly SchemaNode[];
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: SchemaNode;
  readonly format?: string;
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

const known = new Set([
  ...['$schema', '$ref', '$comment', 'title', 'default', 'definitions', 'format'],
  ...['allOf', 'type', 'enum', 'properties', 'required', 'additionalProperties', 'items'],
]);

export function isValid(value: unknown, node: SchemaNode, root: SchemaNode): boolean {
  const surplus = Object.keys(node).filter((keyword) => !known.has(keyword));
  if (surplus.length > 0) {
    throw new Error(`keywords that this comparer does not know: ${surplus.join(', ')}`);
  }
  if (node.$ref) {
    const target = root.definitions?.[node.$ref.replace('#/definitions/', '')];
    return target !== undefined && isValid(value, target, root);
  }
  return (
    (node.allOf ?? []).every((part) => isValid(value, part, root)) &&
    isOfType(value, node.type) &&
    (node.enum === undefined || node.enum.includes(value)) &&
    (!isObject(value) || isValidObject(value, node, root)) &&
    (!Array.isArray(value) ||
      node.items === undefined ||
      value.every((item) => isValid(item, node.items!, root)))
  );
}

function isValidObject(value: Record<string, unknown>, node: SchemaNode, root: SchemaNode): boolean {
  const properties = node.properties ?? {};
  return (
    (node.required ?? []).every((name) => Object.hasOwn(value, name)) &&
    Object.entries(value).every(([name, member]) =>
      Object.hasOwn(properties, name)
        ? isValid(member, properties[name]!, root)
        : node.additionalProperties !== false,
    )
  );
}

function isOfType(value: unknown, type: SchemaNode['type']): boolean {
  const name = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  return type === undefined || [type].flat().includes(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
