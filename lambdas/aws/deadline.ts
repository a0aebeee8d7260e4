/** A moment by which something has to be over. */
export interface Deadline {
  readonly isOver: boolean;
  /** Called when the moment comes before {@link Deadline.clear}; the last one given counts. */
  onOver: () => void;
  clear(): void;
}

/** An `AbortSignal` would do the same at twenty times the cost, which is some 5 % of a delivery. */
export function makeDeadline(milliseconds: number): Deadline {
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
    deadline.onOver();
  }, milliseconds);
  const deadline: Deadline = {
    get isOver() {
      return isOver;
    },
    onOver: () => undefined,
    clear: () => clearTimeout(timer),
  };
  return deadline;
}
