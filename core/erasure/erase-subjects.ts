import { eraseEvents } from './erase-events';
import { eraseProfile } from './erase-profile';
import { eraseStatuses } from './erase-statuses';
import { addCounts, type Erasure, type ErasureCounts, erasureSteps, type WorkingErasure } from './erasure';
import type { ErasePorts } from './ports';
import { makeReceipt } from './receipt';

/** Erasures are rare; the next tick takes more. */
const ERASURES_PER_TICK = 20;

/** Outlasts the function's time-out: whoever finds a lease that has ended finds no worker either. */
const LEASE_SECONDS = 120;

/** What one page of a step came to; `next` continues the step and is missing at its end. */
export interface StepResult {
  readonly counts: Partial<ErasureCounts>;
  readonly next?: string;
  /** The time was up in the middle of a page, which is to be repeated: what is done no longer matches. */
  readonly isInterrupted?: boolean;
}

/**
 * Works on the open erasures, page by page, and saves how far it got after each: whatever crashes, the next tick
 * repeats one page at most, and every effect can be repeated.
 * @param deadline no page is begun after it.
 * @returns how many were completed, and how many are left.
 * @throws the first failure, when all have been tried: one that fails holds no other one up.
 */
export async function eraseSubjects(
  ports: ErasePorts,
  deadline: Date,
): Promise<{ readonly completed: number; readonly open: number }> {
  const open = await ports.erasures.open(ERASURES_PER_TICK);
  const failures: unknown[] = [];
  let completed = 0;
  for (const erasure of open) {
    try {
      completed += (await workOn(erasure, ports, deadline)) === 'completed' ? 1 : 0;
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) {
    throw failures[0];
  }
  return { completed, open: open.length - completed };
}

async function workOn(
  erasure: WorkingErasure,
  ports: ErasePorts,
  deadline: Date,
): Promise<Erasure['state'] | 'left'> {
  if (!isReady(erasure, ports.now()) || ports.now() >= deadline) {
    return 'left';
  }
  const leaseUntil = new Date(ports.now().getTime() + LEASE_SECONDS * 1000).toISOString();
  let current = await save({ ...erasure, leaseUntil }, ports);
  while (current?.state === 'working' && isDue(current, ports.now()) && ports.now() < deadline) {
    current = await save(advanced(current, await runStep(current, ports, deadline), ports), ports);
  }
  if (current?.state === 'working') {
    const { leaseUntil: _, ...released } = current;
    await save(released, ports);
  }
  return current?.state ?? 'left';
}

function isReady(erasure: WorkingErasure, now: Date): boolean {
  const { leaseUntil } = erasure;
  return isDue(erasure, now) && (leaseUntil === undefined || Date.parse(leaseUntil) <= now.getTime());
}

function isDue({ notBefore }: WorkingErasure, now: Date): boolean {
  return notBefore === undefined || Date.parse(notBefore) <= now.getTime();
}

/** @returns what was written; `undefined` when another worker has the erasure. */
async function save(erasure: Erasure, { erasures }: ErasePorts): Promise<Erasure | undefined> {
  const next = { ...erasure, version: erasure.version + 1 };
  return (await erasures.write(next)) === 'written' ? next : undefined;
}

async function runStep(
  { subject, step, after }: WorkingErasure,
  ports: ErasePorts,
  deadline: Date,
): Promise<StepResult> {
  switch (step) {
    case 'profiles':
      return eraseProfile(subject, ports);
    case 'change-statuses':
      return eraseStatuses(subject, after, ports);
    case 'events':
      return eraseEvents(subject, after, ports, deadline);
  }
}

/** The erasure after one page: on the next page, the next step, the second pass, or at its end. */
function advanced(erasure: WorkingErasure, result: StepResult, ports: ErasePorts): Erasure {
  const { after, notBefore: _, ...rest } = erasure;
  const counts = addCounts(erasure.counts, result.counts);
  const kept = { ...rest, counts };
  if (result.isInterrupted) {
    return { ...kept, ...(after !== undefined && { after }) };
  }
  if (result.next !== undefined) {
    return { ...kept, after: result.next };
  }
  const step = erasureSteps[erasureSteps.indexOf(erasure.step) + 1];
  if (step !== undefined) {
    return { ...kept, step };
  }
  return erasure.pass === 1 ? secondPass(kept, ports) : completed(kept, ports);
}

function secondPass(erasure: WorkingErasure, { rule, now }: ErasePorts): WorkingErasure {
  const notBefore = new Date(now().getTime() + rule.settleSeconds * 1000).toISOString();
  return { ...erasure, pass: 2, step: 'profiles', notBefore };
}

/** The subject itself goes with the work. */
function completed(erasure: WorkingErasure, { rule, now }: ErasePorts): Erasure {
  const { id, subjectSha256, requestedAt, requestDigest, counts, version } = erasure;
  const completedAt = now();
  return {
    id,
    state: 'completed',
    subjectSha256,
    requestedAt,
    ...(requestDigest !== undefined && { requestDigest }),
    completedAt: completedAt.toISOString(),
    counts,
    receipt: makeReceipt(counts, rule, completedAt),
    version,
  };
}
