/** One figure of a run. */
export interface Figure {
  /** `integrate/create`: the bench, then what varies. */
  readonly name: string;
  /** How much more the subject takes than its floor; `null` where there is no floor to divide by. */
  readonly ratio: number | null;
  /** The most that the ratio may be, or the value where there is no ratio; `null`: shown, not judged. */
  readonly budget: number | null;
  /** The median of the rounds. */
  readonly value: number;
  readonly unit: string;
  /** How far the middle half of the rounds lies apart, as a share of the median: 0.05 is 5 %. */
  readonly spread: number;
}

/** How much a run measures. */
export interface Plan {
  /** Rounds that count; each measures floor and subject once. */
  readonly rounds: number;
  /** Rounds before those. */
  readonly warmUps: number;
  /** One sample of a pure operation repeats it for so many milliseconds. */
  readonly sampleMilliseconds: number;
  /** Shows that a bench works, with sizes that say little. */
  readonly isQuick: boolean;
}

export interface Bench {
  readonly name: string;
  /** What is measured, and against which floor: a line of the table in docs/performance.md. */
  readonly measures: string;
  readonly floor: string;
  run(plan: Plan): Promise<readonly Figure[]>;
}

/** What a figure is judged by. */
export function judged({ ratio, value }: Pick<Figure, 'ratio' | 'value'>): number {
  return ratio ?? value;
}

export function isOverBudget(figure: Figure): boolean {
  return figure.budget !== null && judged(figure) > figure.budget;
}
