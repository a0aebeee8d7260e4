import { type Environment, type FunctionName, functions } from '../functions';

/**
 * The variables of one function, typed by the map.
 * @throws at the first call when a variable is missing: a deployment mistake, not a caller's.
 */
export function readEnvironment<Name extends FunctionName>(
  name: Name,
  source: NodeJS.ProcessEnv = process.env,
): Environment<Name> {
  const names: readonly string[] = functions[name].environment;
  const missing = names.filter((variable) => source[variable] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `${name} lacks the environment variables ${missing.join(', ')}: see lambdas/functions.ts`,
    );
  }
  return Object.fromEntries(names.map((variable) => [variable, source[variable]])) as Environment<Name>;
}
