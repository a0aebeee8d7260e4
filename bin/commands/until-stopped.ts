import type { Host } from './host';

/** npm passes a Ctrl-C on that the terminal has sent already: twice within this time is once. */
const SAME_REQUEST_MILLISECONDS = 500;

/** What a shell reports for a process that Ctrl-C ended. */
const FORCED_EXIT_CODE = 130;

/** Waits for the first request to stop; from then on, the next one leaves at once. */
export function untilStopped(host: Host): Promise<void> {
  return new Promise((resolve) => {
    let askedAt: number | undefined;
    host.onStop(() => {
      if (askedAt === undefined) {
        askedAt = host.now();
        host.note('stopping; Ctrl-C again leaves at once');
        resolve();
      } else if (host.now() - askedAt > SAME_REQUEST_MILLISECONDS) {
        host.forceExit(FORCED_EXIT_CODE);
      }
    });
  });
}
