/** What several rounds of the same came to. */
export interface Summary {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function summary(values: readonly number[], digits = 0): Summary {
  const sorted = [...values].sort((one, other) => one - other);
  const rounded = (value = 0) => Number(value.toFixed(digits));
  return {
    median: rounded(percentile(sorted, 0.5)),
    least: rounded(sorted[0]),
    most: rounded(sorted.at(-1)),
  };
}

/** @param sorted the least first. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function toText({ median, least, most }: Summary): string {
  return `${median} (${least}–${most})`;
}

/** Rows of a table, each cell as wide as the widest of its column. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
