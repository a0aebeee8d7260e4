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
