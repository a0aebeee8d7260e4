import path from 'node:path';
import { environmentOf } from '../../../bench/function-environment';
import { type FunctionName, functions } from '../../../lambdas/functions';
import { readEnvironment } from '../../../lambdas/shared/environment';

describe('readEnvironment', () => {
  it('names the function and the variable that is missing', () => {
    const environment = readEnvironment('read-health', {});
    expect(() => environment.STAGE).toThrow('read-health lacks the environment variable STAGE');
    expect(readEnvironment('read-health', { STAGE: '' }).STAGE).toBe('');
  });
});

/** What a function reads while it is wired, before it has anything to handle. */
const readWhileWired = new Map<FunctionName, Set<string>>();
const wirings: (() => unknown)[] = [];

jest.mock('../../../lambdas/shared/environment', () => ({
  readEnvironment: (name: FunctionName, source = process.env) => {
    const read = readWhileWired.get(name) ?? new Set();
    readWhileWired.set(name, read);
    const noting = new Proxy(source, {
      get: (_, variable) => read.add(String(variable)) && source[String(variable)],
    });
    return jest.requireActual('../../../lambdas/shared/environment').readEnvironment(name, noting);
  },
}));

jest.mock('../../../lambdas/shared/lazily', () => ({
  lazily: <T>(make: () => T) => {
    wirings.push(make);
    return jest.requireActual('../../../lambdas/shared/lazily').lazily(make);
  },
}));

describe('a function that lacks a variable fails when it is wired, not at some later request', () => {
  // The key's generator answers CloudFormation whatever fails, so it reads where that is caught; it runs once.
  const stems = (Object.keys(functions) as FunctionName[]).filter((stem) => stem !== 'generate-cis-key');

  it.each(stems)('%s asks for everything that the map gives it, and for nothing else', (stem) => {
    Object.assign(process.env, environmentOf(stem, 'http://127.0.0.1:9'), {
      ...{ VERIFY_TOKENS: 'true', TOKEN_ISSUER: 'https://issuer.test', TOKEN_AUDIENCE: 'changewire' },
      REQUIRE_AUTH: 'true',
    });
    wirings.length = 0;
    require(path.join(__dirname, '../../../lambdas', functions[stem].handler));
    for (const wire of [...wirings]) {
      wire();
    }
    expect([...(readWhileWired.get(stem) ?? [])].sort()).toEqual([...functions[stem].environment].sort());
  });
});
