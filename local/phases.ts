/** Measures the steps of a start; steps may overlap. */
export class Phases {
  readonly milliseconds: Record<string, number> = {};

  async measure<T>(name: string, step: () => T | Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await step();
    } finally {
      this.milliseconds[name] = Math.round(performance.now() - startedAt);
    }
  }
}
