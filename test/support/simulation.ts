/** What goes wrong with one remote call. */
export type FaultKind =
  /** Refused, and nothing of it was done. */
  | 'throttled'
  /** Done, and the caller is told that it failed. */
  | 'answer_lost'
  /** The process dies before or after the call was done. */
  | 'crash_before'
  | 'crash_after'
  /** The process stands still for so long that its leases end. */
  | 'stall';

/** The n-th call of that name, from 1, over all processes. */
export interface Fault {
  readonly call: string;
  readonly nth: number;
  readonly kind: FaultKind;
}

/** A container at work on one task. */
export interface Process {
  readonly name: string;
  isAlive: boolean;
  die(): void;
  /** Milliseconds at which it stood still, its call was refused, or it died. */
  troubledAt: number | undefined;
}

export type Ending = { readonly outcome: 'finished' | 'failed' | 'died'; readonly error?: unknown };

interface Entry {
  readonly at: number;
  readonly act: () => void;
}

const STALL_MILLISECONDS = 45_000;

/**
 * Processes side by side on one simulated clock: time passes with calls alone, each takes as long as `latencies` say,
 * one after the other and round again, so that they interleave in the way that was drawn and no other.
 */
export class Simulation {
  time: number;
  private readonly agenda = new Set<Entry>();
  private readonly counts = new Map<string, number>();
  private calls = 0;

  constructor(
    start: string,
    private readonly latencies: readonly number[],
    private readonly faults: readonly Fault[],
  ) {
    this.time = Date.parse(start);
  }

  readonly now = () => new Date(this.time);

  at(time: number, act: () => void): Entry {
    const entry = { at: Math.max(time, this.time), act };
    this.agenda.add(entry);
    return entry;
  }

  /** The next latency, in milliseconds. */
  latency(): number {
    this.calls += 1;
    return 1 + (this.latencies[this.calls % Math.max(1, this.latencies.length)] ?? 0);
  }

  /** When the next thing happens. */
  next(): number | undefined {
    let least: number | undefined;
    for (const { at } of this.agenda) {
      least = least === undefined || at < least ? at : least;
    }
    return least;
  }

  /** Does everything that happens at the next moment, one after the other, and lets it have its effect. */
  async step(): Promise<void> {
    const next = this.next();
    if (next === undefined) {
      return;
    }
    this.time = Math.max(this.time, next);
    for (const entry of [...this.agenda].filter(({ at }) => at === next)) {
      if (this.agenda.delete(entry)) {
        entry.act();
        await settled();
      }
    }
  }

  /** @param limitSeconds what is not done by then is killed, as a function is. */
  start(
    name: string,
    limitSeconds: number,
    work: (process: Process) => Promise<unknown>,
    ended: (ending: Ending, process: Process) => void,
  ): Process {
    const end = (ending: Ending) => {
      if (process.isAlive) {
        process.isAlive = false;
        this.agenda.delete(limit);
        ended(ending, process);
      }
    };
    const die = () => end({ outcome: 'died' });
    const process: Process = { name, isAlive: true, troubledAt: undefined, die };
    const limit = this.at(this.time + limitSeconds * 1000, () => {
      process.troubledAt ??= this.time;
      die();
    });
    work(process).then(
      () => end({ outcome: 'finished' }),
      (error) => end({ outcome: 'failed', error }),
    );
    return process;
  }

  /** Every method of a port as calls of that process. */
  remote<Port extends object>(process: Process, name: string, port: Port): Port {
    const call =
      (method: string, act: (...given: unknown[]) => unknown) =>
      (...given: unknown[]) =>
        this.call(process, `${name}.${method}`, async () => act.apply(port, given));
    return new Proxy(port, {
      get: (target, key: string) => {
        const found = Reflect.get(target, key);
        return typeof found === 'function' ? call(key, found as () => unknown) : found;
      },
    });
  }

  /** Done when its time comes; a process that is dead by then never hears of it. */
  call<T>(process: Process, name: string, act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const nth = (this.counts.get(name) ?? 0) + 1;
      this.counts.set(name, nth);
      const fault = this.faults.find((one) => one.call === name && one.nth === nth)?.kind;
      const wait = this.latency() + (fault === 'stall' ? STALL_MILLISECONDS : 0);
      if (fault === 'stall') {
        process.troubledAt ??= this.time;
      }
      this.at(this.time + wait, () => {
        if (process.isAlive) {
          this.perform(process, fault, act).then(resolve, reject);
        }
      });
    });
  }

  /** Waits within a process. */
  async wait(process: Process, milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.at(this.time + milliseconds, () => process.isAlive && resolve());
    });
  }

  private perform<T>(process: Process, fault: FaultKind | undefined, act: () => Promise<T>): Promise<T> {
    if (fault === undefined || fault === 'stall') {
      return act();
    }
    process.troubledAt ??= this.time;
    if (fault === 'throttled') {
      return Promise.reject(new Error('throttled'));
    }
    const done = fault === 'crash_before' ? Promise.resolve() : act();
    if (fault === 'answer_lost') {
      return done.then(() => Promise.reject(new Error('the answer was lost')));
    }
    process.die();
    return new Promise(() => undefined);
  }
}

/** Everything that follows without a further call has happened. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
