import type { Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import type { Inventory } from '../template/inventory';
import { UnknownFeatureError } from '../template/template';
import { GatewayResponses } from './gateway-responses';
import { type RouteNode, readRoutes } from './routes';

/** One REST API, ready to be served. */
export interface Api {
  readonly apiId: string;
  readonly stage: string;
  readonly stageVariables: Readonly<Record<string, string>> | null;
  readonly binaryMediaTypes: readonly string[];
  readonly routes: RouteNode;
  readonly gatewayResponses: GatewayResponses;
  /** By physical name. */
  readonly functions: ReadonlyMap<string, Invocable>;
  readonly journal: Journal;
}

/** Reads the template's REST API. @throws UnknownFeatureError unless there is exactly one, with one stage. */
export function readApi(
  inventory: Inventory,
  functions: ReadonlyMap<string, Invocable>,
  journal: Journal,
): Api {
  const [api, ...moreApis] = inventory.ofType('AWS::ApiGateway::RestApi');
  const [stage, ...moreStages] = inventory.ofType('AWS::ApiGateway::Stage');
  if (!api || !stage || moreApis.length + moreStages.length > 0) {
    throw new UnknownFeatureError(['a template without exactly one REST API with exactly one stage']);
  }
  return {
    apiId: api.logicalId,
    stage: String(inventory.ref(stage.logicalId)),
    stageVariables: (stage.properties.Variables as Record<string, string> | undefined) ?? null,
    binaryMediaTypes: (api.properties.BinaryMediaTypes as string[] | undefined) ?? [],
    routes: readRoutes(inventory, api.logicalId),
    gatewayResponses: GatewayResponses.read(inventory),
    functions,
    journal,
  };
}
