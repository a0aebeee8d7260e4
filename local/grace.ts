/** Waits until all of the work has ended, but no longer than the grace. @throws what the work does. */
export async function endedWithin(
  graceMilliseconds: number,
  work: Iterable<Promise<unknown>>,
): Promise<void> {
  let patience: NodeJS.Timeout | undefined;
  await Promise.race([
    Promise.all(work),
    new Promise((resolve) => {
      patience = setTimeout(resolve, graceMilliseconds);
    }),
  ]);
  clearTimeout(patience);
}
