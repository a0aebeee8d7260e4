import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunningStack } from '../../local/running-stack';
import { ChangeClient } from '../../sdk/publisher';
import { mintLocalToken } from './connection';
import { defaultSeed, publishPeople } from './fake';
import { makeFakePeople } from './fake-people';
import type { Host } from './host';

export interface SeedOptions {
  /** How many; 0 for none. */
  readonly number: number;
  /** A kept stack is seeded once: a note in its folder says so. */
  readonly dataDirectory: string | undefined;
  /** A stack that verifies signatures gets signed people. */
  readonly verifySignatures: boolean;
  readonly signal: AbortSignal;
}

/**
 * Gives a stack that has just come up its first people, the way every change comes: through the door and the
 * stream. Beside the work of whoever started it; a failure is told, and is none of the stack.
 */
export async function seedPeople(host: Host, stack: RunningStack, options: SeedOptions): Promise<void> {
  const { number, dataDirectory, verifySignatures, signal } = options;
  const note = dataDirectory && path.join(dataDirectory, 'seeded.json');
  if (number === 0 || (note && existsSync(note))) {
    return;
  }
  const startedAt = host.now();
  try {
    const keysDirectory = verifySignatures ? stack.keysDirectory : undefined;
    const people = await makeFakePeople({ number, seed: defaultSeed, keysDirectory });
    const token = await mintLocalToken(stack, { subject: 'seeds' });
    const client = new ChangeClient({ baseUrl: stack.baseUrl, token });
    const { integrated, noop } = await publishPeople(client, people, signal);
    if (note) {
      writeFileSync(note, `${JSON.stringify({ seed: defaultSeed, people: number })}\n`);
    }
    const seconds = ((host.now() - startedAt) / 1000).toFixed(1);
    host.note(`  seeded    ${integrated + noop} of ${number} fake people in ${seconds} s`);
  } catch (error) {
    if (!signal.aborted) {
      host.note(`notice: the fake people could not be seeded: ${(error as Error).message}`);
    }
  }
}
