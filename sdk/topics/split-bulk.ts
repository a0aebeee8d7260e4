import type { Message } from './message';

/** The hub's own limit, unless its stage has a lower one. */
const MAX_PAYLOADS = 3_000;

/** A function takes 6 MB as base64; the hub, 5 MB. */
const MAX_BYTES = 4_000_000;

/** Parts of a list that a call takes each, in order. An empty list is one empty part: the hub says whether it likes it. */
export function inParts(payloads: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [];
  let room = 0;
  for (const payload of payloads) {
    const bytes = Buffer.byteLength(payload) + 1;
    const part = parts.at(-1);
    if (part === undefined || bytes > room || part.length === MAX_PAYLOADS) {
      parts.push([payload]);
      room = MAX_BYTES - bytes;
    } else {
      part.push(payload);
      room -= bytes;
    }
  }
  return parts.length === 0 ? [[]] : parts;
}

/**
 * Both halves of a bulk that is too large for one call, with keys that follow from its own: whoever repeats it, after
 * a crash too, gets the same halves.
 * @returns `undefined` for what cannot be halved.
 */
export function halve(message: Message): readonly [Message, Message] | undefined {
  const { id, payloads } = message;
  const middle = Math.ceil(payloads.length / 2);
  return message.kind !== 'bulk' || payloads.length < 2
    ? undefined
    : [
        { ...message, id: partKey(id, 0), payloads: payloads.slice(0, middle) },
        { ...message, id: partKey(id, 1), payloads: payloads.slice(middle) },
      ];
}

/** The key of a part; keys have a limit, and halving may go on. */
export function partKey(id: string, part: number): string {
  return `${id}.${part}`;
}
