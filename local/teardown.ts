/** What has been started, undone in reverse order; every step runs, whatever the others do. */
export class Teardown {
  private readonly steps: { readonly name: string; readonly undo: () => Promise<void> }[] = [];
  private ended: Promise<void> | undefined;

  add(name: string, undo: () => Promise<void>): void {
    this.steps.push({ name, undo });
  }

  /**
   * Undoes everything, once: later calls wait for the first.
   * @throws AggregateError when a step failed, after all of them ran.
   */
  run(): Promise<void> {
    this.ended ??= this.undoAll();
    return this.ended;
  }

  private async undoAll(): Promise<void> {
    const failures: Error[] = [];
    for (const { name, undo } of this.steps.reverse()) {
      try {
        await undo();
      } catch (error) {
        failures.push(new Error(`${name} did not stop`, { cause: error }));
      }
    }
    if (failures.length > 0) {
      throw new AggregateError(failures, failures.map((failure) => failure.message).join('; '));
    }
  }
}
