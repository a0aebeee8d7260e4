/**
 * Ends with the work, or with what `late` makes when the work takes longer. The work goes on; how it ends then is
 * told to `onLateError`, if it fails.
 */
export async function withinTime<Value>(
  seconds: number,
  work: () => Value | Promise<Value>,
  late: () => Error,
  onLateError: (error: unknown) => void,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isLate = false;
  const clock = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      isLate = true;
      reject(late());
    }, seconds * 1000);
  });
  const working = (async () => work())();
  working.catch((error: unknown) => {
    if (isLate) {
      onLateError(error);
    }
  });
  try {
    return await Promise.race([working, clock]);
  } finally {
    clearTimeout(timer);
  }
}
