import { readFileSync } from 'node:fs';
import { privateKeyPath } from '../../local/keys';
import { findStack, homeDirectory, type RunningStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { startLocalStack } from './local-stack';
import type { DocumentPublisher } from './profile-documents';

/** The API under test, which may run anywhere. */
export interface Target {
  readonly baseUrl: string;
  /** Signatures and tokens are verified. */
  readonly strict: boolean;
  /** A token with the scopes; with every scope when none are named. */
  token(scopes?: readonly string[], subject?: string): Promise<string>;
  /** Where the keys of the publishers lie. */
  readonly keysDirectory: string;
  publisher(name: string): DocumentPublisher;
  /** `CHANGEWIRE_HOME` for programs that shall find the stack. */
  readonly home: string;
  stop(): Promise<void>;
}

export const everyScope = [
  'erase',
  ...['write', 'read:fullprofile', 'display:all', 'topics:read', 'topics:write', 'subscriptions:read'],
  ...[
    'subscriptions:write',
    'subscriptions:system',
    'deliveries:read',
    'deliveries:write',
    'events:read',
    'events:write',
  ],
  ...['accounts:read', 'accounts:write'],
];

const givenUrl = process.env.CHANGEWIRE_E2E_URL?.replace(/\/+$/, '');

/** What `--base-url` names is of one kind; without it, the suite starts a stack of each kind. */
export function isTested(kind: 'strict' | 'preview'): boolean {
  return givenUrl === undefined || noteOf(givenUrl).strict === (kind === 'strict');
}

/** True when the suite starts its own stacks, and may kill them. */
export const startsOwnStack = givenUrl === undefined;

/** The stack that `CHANGEWIRE_E2E_URL` names, else one that is started for the caller. */
export async function openTarget(kind: 'strict' | 'preview'): Promise<Target> {
  if (givenUrl !== undefined) {
    return targetOf(noteOf(givenUrl), homeDirectory(process.env), async () => undefined);
  }
  // Nobody else's events: the journeys count webhooks.
  const stack = await startLocalStack({ strict: kind === 'strict', settings: { seedProfiles: 0 } });
  const note = findStack(stack.home, stack.baseUrl);
  if (!note) {
    await stack.stop();
    throw new Error(`the stack left no note of itself in ${stack.home}`);
  }
  return targetOf(note, stack.home, async () => void (await stack.stop()));
}

function targetOf(note: RunningStack, home: string, stop: () => Promise<void>): Target {
  const { baseUrl, keysDirectory, issuer, audience, strict } = note;
  return {
    ...{ baseUrl, keysDirectory, home, strict, stop },
    async token(scopes = everyScope, subject = 'e2e') {
      return mintToken({ keysDirectory, issuer, audience, subject, scopes, ttlSeconds: 600 });
    },
    publisher: (name) => ({
      name,
      privateKey: strict ? readFileSync(privateKeyPath(keysDirectory, name), 'utf8') : undefined,
    }),
  };
}

function noteOf(baseUrl: string): RunningStack {
  const note = findStack(homeDirectory(process.env), baseUrl);
  if (!note) {
    throw new Error(
      `no stack of this machine runs at ${baseUrl}: the suite needs its keys, to sign profiles and tokens`,
    );
  }
  return note;
}
