import {
  type FieldValues,
  hasNumberWithin,
  hasOtherThan,
  hasPrefix,
  hasSuffix,
  type Range,
  type Scalar,
} from './field-values';

type Comparison = '=' | '<' | '<=' | '>' | '>=';

/** What one value of a field must be; as callers write it. */
export type Matcher =
  | Scalar
  | { readonly prefix: string }
  | { readonly suffix: string }
  /** A value that is none of these. */
  | { readonly anything_but: readonly Scalar[] }
  | { readonly exists: boolean }
  /** Both must hold of the same value. */
  | {
      readonly numeric: readonly [Comparison, number] | readonly [Comparison, number, Comparison, number];
    };

/** @param values all that the field holds; `undefined` when it is not there. */
export function matchesField(matcher: Matcher, values: FieldValues | undefined): boolean {
  if (isScalar(matcher)) {
    return values?.scalars.has(matcher) ?? false;
  }
  if ('exists' in matcher) {
    return matcher.exists === (values !== undefined);
  }
  if (values === undefined) {
    return false;
  }
  if ('prefix' in matcher) {
    return hasPrefix(values, matcher.prefix);
  }
  if ('suffix' in matcher) {
    return hasSuffix(values, matcher.suffix);
  }
  return 'numeric' in matcher
    ? hasNumberWithin(values, rangeOf(matcher.numeric))
    : hasOtherThan(values, matcher.anything_but);
}

/** Attributes are always texts: one that reads like a JSON number, `true` or `false` is compared as that, too. */
export function matchesText(matcher: Matcher, text: string | undefined): boolean {
  if (!isScalar(matcher) && 'exists' in matcher) {
    return matcher.exists === (text !== undefined);
  }
  if (text === undefined) {
    return false;
  }
  if (isScalar(matcher)) {
    return isSame(matcher, text);
  }
  if ('prefix' in matcher) {
    return text.startsWith(matcher.prefix);
  }
  if ('suffix' in matcher) {
    return text.endsWith(matcher.suffix);
  }
  if ('numeric' in matcher) {
    const number = numberOf(text);
    return number !== undefined && isWithin(rangeOf(matcher.numeric), number);
  }
  return !matcher.anything_but.some((scalar) => isSame(scalar, text));
}

function isScalar(matcher: Matcher): matcher is Scalar {
  return matcher === null || typeof matcher !== 'object';
}

function isSame(scalar: Scalar, text: string): boolean {
  return typeof scalar === 'number' ? numberOf(text) === scalar : scalar !== null && String(scalar) === text;
}

/** Every double has a shorter form; the digits of a longer text would be read once for every matcher. */
const LONGEST_NUMBER = 400;

function numberOf(text: string): number | undefined {
  const isNumber = text.length <= LONGEST_NUMBER && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text);
  return isNumber ? Number(text) : undefined;
}

/** The numbers for which every comparison holds. */
function rangeOf(comparisons: readonly (Comparison | number)[]): Range {
  let range: Range = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY };
  for (let at = 0; at < comparisons.length; at += 2) {
    range = narrowed(range, comparisons[at] as Comparison, comparisons[at + 1] as number);
  }
  return range;
}

function narrowed(range: Range, comparison: Comparison, bound: number): Range {
  const isLow = comparison.startsWith('>') || comparison === '=';
  const isHigh = comparison.startsWith('<') || comparison === '=';
  const isOpen = comparison === '<' || comparison === '>';
  return {
    ...range,
    ...(isLow && isCloser(bound - range.low, isOpen) && { low: bound, isLowOpen: isOpen }),
    ...(isHigh && isCloser(range.high - bound, isOpen) && { high: bound, isHighOpen: isOpen }),
  };
}

/** Of two bounds at the same number the open one leaves less. */
function isCloser(gain: number, isOpen: boolean): boolean {
  return gain > 0 || (gain === 0 && isOpen);
}

function isWithin({ low, isLowOpen, high, isHighOpen }: Range, number: number): boolean {
  return (isLowOpen ? number > low : number >= low) && (isHighOpen ? number < high : number <= high);
}
