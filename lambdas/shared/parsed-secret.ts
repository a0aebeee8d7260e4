import type { SecretText } from '../aws/secrets-manager-text';

/** As {@link SecretText}, and what the text says. */
export interface ParsedSecret<Value> {
  current(): Promise<Value>;
  renewed(): Promise<Value>;
}

/** Each text is parsed once. @param parse throws for a text that an operator has mistyped. */
export function makeParsedSecret<Value>(
  secret: SecretText,
  parse: (text: string) => Value,
): ParsedSecret<Value> {
  let kept: { readonly text: string; readonly value: Value } | undefined;
  return {
    current: async () => parsed(await secret.current()),
    renewed: async () => parsed(await secret.renewed()),
  };

  function parsed(text: string): Value {
    if (kept?.text !== text) {
      kept = { text, value: parse(text) };
    }
    return kept.value;
  }
}
