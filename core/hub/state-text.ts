/** Encoded; as much as the receiver library takes. */
const MAX_STATE_CHARACTERS = 8192;

/**
 * The JSON text of a connection's state.
 * @param header `ce-connectionState`: base64 of a JSON object in UTF-8.
 * @returns `undefined` for what is none, or larger than a state can be: it counts as no state.
 */
export function readStateText(header: string | undefined): string | undefined {
  if (header === undefined || header.length > MAX_STATE_CHARACTERS || !isBase64(header)) {
    return undefined;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'base64'));
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? text : undefined;
  } catch {
    return undefined;
  }
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
