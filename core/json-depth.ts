const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);

/** Whether brackets and braces lie more than `most` deep within each other, without unpacking anything. */
export function isTextDeeperThan(json: string, most: number): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (isInText) {
      // What is escaped is skipped, whatever it is.
      at += code === BACKSLASH ? 1 : 0;
      isInText = code !== QUOTE;
    } else if (code === QUOTE) {
      isInText = true;
    } else if (OPENING.has(code)) {
      depth += 1;
    } else if (CLOSING.has(code)) {
      depth -= 1;
    }
    if (depth > most) {
      return true;
    }
  }
  return false;
}
