import { type Figure, isOverBudget, judged } from './figure';

const WIDTH = 720;
const ROW = 22;
const LABELS = 190;
const NUMBERS = 120;
const TOP = 44;
/** In budgets: longer bars are cut there. */
const LONGEST = 2;

/** Every judged figure as a share of its budget, as an SVG; of the bundles the worst. */
export function toChart(figures: readonly Figure[]): string {
  const bars = barsOf(figures);
  const height = TOP + bars.length * ROW + 12;
  const space = WIDTH - LABELS - NUMBERS;
  const unit = space / LONGEST;
  const rows = bars.map((figure, index) => rowOf(figure, TOP + index * ROW, unit)).join('\n');
  const limit = LABELS + unit;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="t" font-family="ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13">
<title id="t">Figures as a share of their budgets</title>
<style>text{fill:#1f2328}.dim{fill:#656d76}.ok{fill:#2da44e}.over{fill:#cf222e}.line{stroke:#656d76}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8d96a0}.line{stroke:#8d96a0}}</style>
<text x="${limit}" y="18" class="dim" text-anchor="middle">budget</text>
<line x1="${limit}" y1="26" x2="${limit}" y2="${height - 8}" class="line" stroke-dasharray="3 3"/>
${rows}
</svg>
`;
}

function barsOf(figures: readonly Figure[]): readonly Figure[] {
  const isOf = (kind: RegExp) => figures.filter(({ name, budget }) => budget !== null && kind.test(name));
  const worst = (kind: RegExp, name: string) =>
    isOf(kind)
      .sort((one, other) => judged(other) - judged(one))
      .slice(0, 1)
      .map((figure) => ({ ...figure, name }));
  return [
    ...figures.filter(({ name, budget }) => budget !== null && !name.startsWith('cold-start/')),
    ...worst(/^cold-start\/[^/]+$/, 'slowest start of a door'),
    ...worst(/^cold-start\/[^/]+\/size$/, 'largest bundle'),
  ];
}

function rowOf(figure: Figure, y: number, unit: number): string {
  const share = judged(figure) / (figure.budget || 1);
  const width = Math.max(1, Math.min(share, LONGEST) * unit);
  const end = LABELS + width + 6;
  const { ratio, value, budget } = figure;
  const number = `${ratio === null ? value : ratio.toFixed(2)} of ${budget}`;
  return [
    `<text x="${LABELS - 8}" y="${y + 14}" text-anchor="end">${figure.name}</text>`,
    `<rect x="${LABELS}" y="${y + 3}" width="${width.toFixed(1)}" height="15" rx="2" class="${isOverBudget(figure) ? 'over' : 'ok'}"/>`,
    `<text x="${end.toFixed(1)}" y="${y + 14}" class="dim">${number}</text>`,
  ].join('');
}
