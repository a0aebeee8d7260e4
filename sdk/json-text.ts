/**
 * A value as JSON, or an error where JSON would say something else: it would turn NaN and the infinities into null, and
 * leave out what it cannot write.
 * @throws TypeError
 */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value, finite);
  if (text === undefined) {
    throw new TypeError(`${typeof value} has no JSON`);
  }
  return text;
}

function finite(_name: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError('a number is not finite');
  }
  return value;
}

/** @returns the object that a text holds as JSON; `undefined` for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
