/** One thing that is wrong with a profile: which field, which rule. Never its value. */
export interface SchemaIssue {
  /** Dotted, with indexes: `signature.additional.0.name`. Empty for the profile itself. */
  readonly path: string;
  readonly message: string;
}

/** No profile nests deeper than a handful of levels; what reads one recurses, and must not run out of stack. */
export const MAX_DEPTH = 32;

/** Reports stop here: a hostile body must not buy a long answer. */
export const MAX_ISSUES = 20;

/** Keys that mean something to JavaScript objects themselves. */
export const reservedKeys: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Longer names are cut in reports. */
const MAX_NAME_LENGTH = 64;

/**
 * What no profile may hold anywhere, whatever its schema says: keys that JavaScript gives a meaning, numbers
 * that readers of JSON cannot keep exactly (they would break the signature over them), bottomless nesting.
 */
export function findUnsafeJson(json: unknown): readonly SchemaIssue[] {
  const issues: SchemaIssue[] = [];
  inspect(json, [], issues);
  return issues;
}

function inspect(value: unknown, path: string[], issues: SchemaIssue[]): void {
  if (typeof value === 'number') {
    inspectNumber(value, path, issues);
  } else if (typeof value === 'object' && value !== null && issues.length < MAX_ISSUES) {
    if (path.length >= MAX_DEPTH) {
      report(issues, path, `is nested deeper than ${MAX_DEPTH} levels`);
      return;
    }
    for (const key of Object.keys(value)) {
      path.push(key);
      if (reservedKeys.has(key)) {
        report(issues, path, 'is a reserved name and not allowed as a key');
      } else {
        inspect((value as Record<string, unknown>)[key], path, issues);
      }
      path.pop();
    }
  }
}

/** By every reader of JSON. */
export function isKeptExactly(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function inspectNumber(value: number, path: readonly string[], issues: SchemaIssue[]): void {
  if (!isKeptExactly(value)) {
    report(issues, path, 'is a number that JSON readers cannot keep exactly; send it as a string');
  }
}

function report(issues: SchemaIssue[], path: readonly PropertyKey[], message: string): void {
  if (issues.length < MAX_ISSUES) {
    issues.push({ path: issuePath(path), message });
  }
}

export function issuePath(path: readonly PropertyKey[]): string {
  return path.map((part) => shorten(String(part))).join('.');
}

/** Half a surrogate pair, sent or left by the cut, is replaced: stores keep UTF-8, which has no form for it. */
function shorten(name: string): string {
  const short = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
  return Buffer.from(short).toString();
}
