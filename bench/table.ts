import { type Figure, isOverBudget } from './figure';

/** Figures for a terminal. */
export function toTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.ratio?.toFixed(2) ?? '',
    figure.budget === null ? '' : `≤ ${figure.budget}`,
    `${figure.value} ${figure.unit}`,
    `±${(figure.spread * 50).toFixed(0)} %`,
    isOverBudget(figure) ? 'OVER' : '',
  ]);
  return alignColumns([['', 'ratio', 'budget', 'value', 'spread', ''], ...rows]);
}

/** Each cell as wide as the widest of its column. */
function alignColumns(rows: readonly (readonly string[])[]): string {
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
