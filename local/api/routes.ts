import { functionNameOf } from '../aws/identity';
import { rootResourceId } from '../template/identify';
import type { Inventory } from '../template/inventory';
import { required, textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** A resource of the API: a path and what answers each method. */
export interface RouteNode {
  readonly id: string;
  /** The path with its placeholders, such as `/v2/user/{by}/{value}`. */
  readonly path: string;
  /** HTTP method or `ANY` → function name. */
  readonly methods: Map<string, string>;
  readonly children: Map<string, RouteNode>;
}

export interface RouteMatch {
  readonly node: RouteNode;
  /** Still percent-encoded, as API Gateway hands them on. */
  readonly parameters: Readonly<Record<string, string>>;
}

const methods = ['ANY', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

/** Builds the tree of an API's resources and methods. */
export function readRoutes(inventory: Inventory, apiLogicalId: string): RouteNode {
  const root: RouteNode = emptyNode(rootResourceId(apiLogicalId), '/');
  const resources = inventory.ofType('AWS::ApiGateway::Resource');
  const nodes = new Map([[root.id, root]]);
  const pending = new Map(resources.map((resource) => [resource.logicalId, resource]));
  const place = (id: string): RouteNode => {
    const resource = pending.get(id);
    const known = nodes.get(id);
    if (known || !resource) {
      return required(
        { logicalId: id, type: 'AWS::ApiGateway::Resource', properties: {} },
        'ParentId',
        known,
      );
    }
    const part = required(resource, 'PathPart', textOf(resource, 'PathPart'));
    const parent = place(required(resource, 'ParentId', textOf(resource, 'ParentId')));
    const node = emptyNode(id, `${parent.path === '/' ? '' : parent.path}/${part}`);
    parent.children.set(part, node);
    nodes.set(id, node);
    return node;
  };
  for (const { logicalId } of resources) {
    place(logicalId);
  }
  for (const method of inventory.ofType('AWS::ApiGateway::Method')) {
    const httpMethod = textOf(method, 'HttpMethod') ?? '';
    if (!methods.includes(httpMethod)) {
      throw unknownValue(method, 'HttpMethod', httpMethod);
    }
    place(required(method, 'ResourceId', textOf(method, 'ResourceId'))).methods.set(
      httpMethod,
      integratedFunction(method),
    );
  }
  return root;
}

/**
 * Finds the most specific resource for a path: a literal part before a placeholder, a placeholder before
 * `{proxy+}`. One slash at the end does not matter.
 */
export function matchRoute(root: RouteNode, path: string): RouteMatch | undefined {
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  return descend(root, parts, {});
}

/** The function that answers `method` at a resource: its own, else that of `ANY`. */
export function functionFor(node: RouteNode, method: string): string | undefined {
  return methods.includes(method) ? (node.methods.get(method) ?? node.methods.get('ANY')) : undefined;
}

function descend(
  node: RouteNode,
  parts: readonly string[],
  parameters: Readonly<Record<string, string>>,
): RouteMatch | undefined {
  const [part, ...rest] = parts;
  if (part === undefined) {
    return node.methods.size > 0 ? { node, parameters } : undefined;
  }
  const literal = part.startsWith('{') ? undefined : node.children.get(part);
  const found = literal && descend(literal, rest, parameters);
  return found ?? descendPlaceholder(node, parts, parameters);
}

function descendPlaceholder(
  node: RouteNode,
  parts: readonly string[],
  parameters: Readonly<Record<string, string>>,
): RouteMatch | undefined {
  const [part = '', ...rest] = parts;
  const placeholders = [...node.children].filter(([key]) => key.startsWith('{'));
  const single = placeholders.find(([key]) => !key.endsWith('+}'));
  const found =
    single && part !== '' && descend(single[1], rest, { ...parameters, [single[0].slice(1, -1)]: part });
  if (found) {
    return found;
  }
  const greedy = placeholders.find(([key]) => key.endsWith('+}'));
  return greedy && greedy[1].methods.size > 0
    ? { node: greedy[1], parameters: { ...parameters, [greedy[0].slice(1, -2)]: parts.join('/') } }
    : undefined;
}

function emptyNode(id: string, path: string): RouteNode {
  return { id, path, methods: new Map(), children: new Map() };
}

function integratedFunction(method: Resource): string {
  const authorization = textOf(method, 'AuthorizationType') ?? 'NONE';
  if (authorization !== 'NONE') {
    throw unknownValue(method, 'AuthorizationType', authorization);
  }
  const { Type, Uri, IntegrationHttpMethod, ...rest } = (method.properties.Integration ?? {}) as Record<
    string,
    unknown
  >;
  const name = functionNameOf(String(Uri));
  // What is left may be time-outs and caching keys, none of which the project sets.
  if (Type !== 'AWS_PROXY' || name === undefined || Object.keys(rest).length > 0) {
    throw unknownValue(method, 'Integration', { Type, Uri, IntegrationHttpMethod, ...rest });
  }
  return name;
}
