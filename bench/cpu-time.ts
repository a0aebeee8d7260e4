import type { Sample } from './rounds';

/**
 * Samples an operation that waits for nobody: microseconds of processor time each, which other programs on the
 * machine do not add to as they do to the time on the clock. What the collector does on its own threads counts.
 * @param operations how many one call of `act` makes.
 */
export function cpuSample(
  milliseconds: number,
  act: () => unknown,
  { operations = 1, before = () => undefined }: CpuSampleOptions = {},
): Sample {
  return async () => {
    let [spent, calls] = [0, 0];
    while (spent < milliseconds * 1000) {
      before();
      const startedAt = process.cpuUsage();
      // The clock of the processor is coarse: a few calls at a time.
      for (let index = 0; index < CALLS_AT_A_TIME; index += 1) {
        const pending = act();
        // Awaiting what is there already would count a turn of the queue of promises.
        if (pending instanceof Promise) {
          await pending;
        }
      }
      const { user, system } = process.cpuUsage(startedAt);
      spent += user + system;
      calls += CALLS_AT_A_TIME;
    }
    return spent / calls / operations;
  };
}

export interface CpuSampleOptions {
  readonly operations?: number;
  /** Makes ready for the next calls; its time does not count. */
  readonly before?: () => unknown;
}

const CALLS_AT_A_TIME = 4;
