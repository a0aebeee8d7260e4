import { isJson } from '../../json';
import { isTextDeeperThan } from '../../json-depth';
import { sliceElements } from '../../json-slices';
import { type OriginRow, readOriginRow } from './read-origin-row';
import type { OriginClient } from './recover-ports';
import type { OriginSweep } from './sweep-origin';

/** Deeper than any data is meant to be; unpacked, a list of brackets alone would fill the memory. */
const MAX_DEPTH = 10_000;

export type OriginListReading =
  | { readonly rows: readonly OriginRow[] }
  | { readonly failure: NonNullable<OriginSweep['failure']> };

/** The rows of an origin's answer, the oldest first. @param most how many are read. */
export function readOriginList(
  answer: Awaited<ReturnType<OriginClient['list']>>,
  most: number,
): OriginListReading {
  if ('failure' in answer) {
    return answer;
  }
  const { status, text } = answer;
  if (status < 200 || status >= 300) {
    return { failure: `status_${status}` };
  }
  if (!text.trimStart().startsWith('[') || isTextDeeperThan(text, MAX_DEPTH) || !isJson(text)) {
    return { failure: 'not_a_list' };
  }
  return { rows: sliceElements(text, most).map(readOriginRow) };
}
