import { UnknownFeatureError } from './template';

/** What the intrinsic functions refer to. Every method throws for a name that does not exist. */
export interface Scope {
  /** The value of a parameter, a pseudo parameter or a resource's `Ref`. */
  ref(name: string): unknown;
  attribute(logicalId: string, name: string): unknown;
  condition(name: string): boolean;
  mapping(map: string, first: string, second: string): unknown;
}

/** `AWS::NoValue`: a property with this value is left out. */
export const NO_VALUE = Symbol('AWS::NoValue');

type Evaluator = (argument: unknown, scope: Scope) => unknown;

const functions: Readonly<Record<string, Evaluator>> = {
  Ref: (name, scope) => scope.ref(text(name)),
  'Fn::GetAtt': (argument, scope) => {
    const [logicalId, name] = typeof argument === 'string' ? splitOnce(argument, '.') : list(argument);
    return scope.attribute(text(logicalId), text(evaluate(name, scope)));
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = list(argument);
    return list(evaluate(parts, scope)).map(text).join(text(separator));
  },
  'Fn::Sub': substitute,
  'Fn::Select': (argument, scope) => {
    const [index, from] = list(argument);
    const selected = list(evaluate(from, scope))[Number(evaluate(index, scope))];
    if (selected === undefined) {
      throw new Error('Fn::Select: there is no such element');
    }
    return selected;
  },
  'Fn::Split': (argument, scope) => {
    const [separator, from] = list(argument);
    return text(evaluate(from, scope)).split(text(separator));
  },
  'Fn::FindInMap': (argument, scope) => {
    const [map, first, second] = list(argument).map((part) => text(evaluate(part, scope)));
    return scope.mapping(text(map), text(first), text(second));
  },
  'Fn::Base64': (argument, scope) => Buffer.from(text(evaluate(argument, scope))).toString('base64'),
  'Fn::If': (argument, scope) => {
    const [name, whenTrue, whenFalse] = list(argument);
    return evaluate(scope.condition(text(name)) ? whenTrue : whenFalse, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = list(argument).map((part) => evaluate(part, scope));
    return JSON.stringify(left) === JSON.stringify(right);
  },
  'Fn::And': (argument, scope) => list(argument).every((part) => evaluate(part, scope) === true),
  'Fn::Or': (argument, scope) => list(argument).some((part) => evaluate(part, scope) === true),
  'Fn::Not': (argument, scope) => evaluate(list(argument)[0], scope) !== true,
  Condition: (name, scope) => scope.condition(text(name)),
};

/**
 * Replaces every intrinsic function in `value` by what it stands for.
 * @throws UnknownFeatureError for a function that is not implemented.
 */
export function evaluate(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => evaluate(item, scope)).filter((item) => item !== NO_VALUE);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const call = intrinsicCall(value);
  if (call) {
    return call.evaluator(call.argument, scope);
  }
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, evaluate(item, scope)] as const)
      .filter(([, item]) => item !== NO_VALUE),
  );
}

function intrinsicCall(value: object): { evaluator: Evaluator; argument: unknown } | undefined {
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [''];
  if (entries.length !== 1 || !(name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'))) {
    return undefined;
  }
  // An IAM statement has a member of this name as well: there it is an object.
  if (name === 'Condition' && typeof argument !== 'string') {
    return undefined;
  }
  const evaluator = functions[name];
  if (!evaluator) {
    throw new UnknownFeatureError([`the intrinsic function ${name}`]);
  }
  return { evaluator, argument };
}

function substitute(argument: unknown, scope: Scope): string {
  const [template, variables] = typeof argument === 'string' ? [argument, {}] : list(argument);
  const values = evaluate(variables ?? {}, scope) as Record<string, unknown>;
  return text(template).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, name: string) => {
    if (literal) {
      return `\${${name}}`;
    }
    if (Object.hasOwn(values, name)) {
      return text(values[name]);
    }
    const [logicalId, attribute] = splitOnce(name, '.');
    return text(attribute === undefined ? scope.ref(logicalId) : scope.attribute(logicalId, attribute));
  });
}

function splitOnce(whole: string, separator: string): [string, string | undefined] {
  const at = whole.indexOf(separator);
  return at < 0 ? [whole, undefined] : [whole.slice(0, at), whole.slice(at + separator.length)];
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) {
    throw new Error(`expected a list in an intrinsic function, found ${JSON.stringify(value)}`);
  }
  return value;
}

function text(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  throw new Error(`expected text in an intrinsic function, found ${JSON.stringify(value)}`);
}
