import type { Environment, FunctionName } from '../functions';

/**
 * The variables of one function, typed by the map. Each is looked up when it is asked for, so that the map itself
 * stays out of the bundles; `wire` asks for all of them, and a test holds it to that.
 * @throws there, when a variable is missing: a deployment mistake, not a caller's.
 */
export function readEnvironment<Name extends FunctionName>(
  name: Name,
  source: NodeJS.ProcessEnv = process.env,
): Environment<Name> {
  return new Proxy({} as Environment<Name>, {
    get(_, variable) {
      const value = source[String(variable)];
      if (value === undefined) {
        throw new Error(
          `${name} lacks the environment variable ${String(variable)}: see lambdas/functions.ts`,
        );
      }
      return value;
    },
  });
}
