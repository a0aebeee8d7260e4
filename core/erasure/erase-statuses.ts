import { inParallel } from '../in-parallel';
import type { StepResult } from './erase-subjects';
import type { ErasePorts } from './ports';

const WRITES_AT_ONCE = 25;

/**
 * One page of statuses: those of the person name nobody afterwards. The rows stay, because a status is what ends a
 * change: without it, reading the stream again would end the change anew.
 */
export async function eraseStatuses(
  subject: string,
  after: string | undefined,
  { statuses }: Pick<ErasePorts, 'statuses'>,
): Promise<StepResult> {
  const { found, next } = await statuses.scan(subject, after);
  await inParallel(WRITES_AT_ONCE, found, (position) => statuses.removeUser(position, subject));
  return { counts: { changeStatuses: found.length }, ...(next !== undefined && { next }) };
}
