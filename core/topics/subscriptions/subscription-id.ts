import { bytesFrom } from '../../idempotency';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const LENGTH = 16;
/** The largest multiple of 62 in a byte: what is above would make the first characters likelier. */
const FAIR_BELOW = 248;

/** `sub_` and 16 characters, 95 bits: nobody guesses or doubles one. */
export function mintSubscriptionId(random: (count: number) => Uint8Array): string {
  let id = '';
  while (id.length < LENGTH) {
    const fair = [...random(LENGTH)].filter((byte) => byte < FAIR_BELOW);
    id += fair.map((byte) => ALPHABET[byte % ALPHABET.length]).join('');
  }
  return `sub_${id.slice(0, LENGTH)}`;
}

/** The id of a subscription that follows from something else: the same parts give the same id. */
export function deriveSubscriptionId(...parts: readonly string[]): string {
  return mintSubscriptionId(bytesFrom(JSON.stringify(parts)));
}

export function isSubscriptionId(text: string): boolean {
  return /^sub_[0-9A-Za-z]{16}$/.test(text);
}
