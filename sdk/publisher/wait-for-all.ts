import { inParallel } from '../../core/in-parallel';
import type { CallOptions, ChangeClient } from './change-client';
import { PublisherError } from './errors';
import type { EndedChange } from './replies';

/** Where a change stands when the waiting is over. */
export type ChangeStanding = EndedChange | { readonly sequenceNumber: string; readonly state: 'pending' };

export interface WaitForAllOptions extends CallOptions {
  /** Changes that are asked for at a time. @default 8 */
  readonly concurrency?: number;
  /** How long to wait in all. @default 60 000 */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: { readonly total: number; readonly ended: number }) => void;
}

/**
 * Waits until many changes have ended.
 * @returns how each ended, in the order of the numbers; `pending` for those that had not when the time was over.
 * @throws PublisherError as `ChangeClient.readStatus`
 */
export async function waitForAll(
  client: ChangeClient,
  sequenceNumbers: readonly string[],
  options: WaitForAllOptions = {},
): Promise<readonly ChangeStanding[]> {
  const { concurrency = 8, timeoutMs = 60_000, onProgress, signal } = options;
  const deadline = Date.now() + timeoutMs;
  const total = sequenceNumbers.length;
  let ended = 0;
  return inParallel(concurrency, sequenceNumbers, async (sequenceNumber): Promise<ChangeStanding> => {
    try {
      const left = Math.max(0, deadline - Date.now());
      const end = await client.waitForStatus(sequenceNumber, { timeoutMs: left, ...(signal && { signal }) });
      ended += 1;
      onProgress?.({ total, ended });
      return end;
    } catch (error) {
      if (error instanceof PublisherError && error.code === 'not_ended') {
        return { sequenceNumber, state: 'pending' };
      }
      throw error;
    }
  });
}
