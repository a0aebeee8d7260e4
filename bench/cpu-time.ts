import type { Sample } from './rounds';

/** The clock of the processor is read no more often: reading it takes some microseconds itself. */
const LEAST_MICROSECONDS = 2000;

/**
 * Samples an operation that waits for nobody: microseconds of processor time each, which other programs on the
 * machine do not add to as they do to the time on the clock. What the collector does on its own threads counts.
 * @param operations how many one call of `act` makes.
 */
export function cpuSample(
  milliseconds: number,
  act: () => unknown,
  { operations = 1 }: { readonly operations?: number } = {},
): Sample {
  let atATime = 1;
  return async () => {
    let [spent, calls] = [0, 0];
    while (spent < milliseconds * 1000) {
      const startedAt = process.cpuUsage();
      for (let index = 0; index < atATime; index += 1) {
        const pending = act();
        // Awaiting what is there already would count a turn of the queue of promises.
        if (pending instanceof Promise) {
          await pending;
        }
      }
      const { user, system } = process.cpuUsage(startedAt);
      spent += user + system;
      calls += atATime;
      atATime *= user + system < LEAST_MICROSECONDS ? 2 : 1;
    }
    return spent / calls / operations;
  };
}
