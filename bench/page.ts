import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { toChart } from './chart';
import { type Bench, type Figure, isOverBudget } from './figure';
import { reasons, reasonsOfBenches } from './reasons';
import { root } from './vectors';

const PAGE = 'docs/performance.md';
const CHART = 'docs/pictures/performance.svg';

/** Writes the figures into the parts of the page that are theirs, and the chart beside it. */
export function writePage(benches: readonly Bench[], figures: readonly Figure[]): void {
  const file = path.join(root, PAGE);
  const page = readFileSync(file, 'utf8');
  const parts: Readonly<Record<string, string>> = {
    machine: machineText(),
    measures: benches
      .map(({ name, measures, floor }) => `- **${name}**: ${measures}. Floor: ${floor}.`)
      .join('\n'),
    figures: tableOf(figures.filter(({ name }) => !name.startsWith('cold-start/'))),
    starts: startsOf(figures),
    over: overText(figures),
  };
  writeFileSync(
    file,
    Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), page),
  );
  writeFileSync(path.join(root, CHART), toChart(figures));
}

/** What stands between two marks is replaced; the rest of the page is written by hand. */
function withPart(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to === -1) {
    throw new Error(`${PAGE} lacks the marks ${begin} and ${end}`);
  }
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

function machineText(): string {
  const all = cpus();
  const memory = Math.round(totalmem() / 1024 ** 3);
  const day = new Date().toISOString().slice(0, 10);
  return `Seen on ${day} with Node ${process.version} on ${all.length} cores (${all[0]?.model.trim() || 'of an unknown kind'}), ${memory} GB, ${process.platform} ${process.arch}.`;
}

function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, ratio, budget, value, unit, spread } = figure;
    const cells = [
      `\`${name}\``,
      ratio === null ? '' : ratio.toFixed(2),
      budget === null ? '' : `≤ ${budget}`,
    ];
    return [
      ...cells,
      `${value} ${unit}`,
      spread === 0 ? '' : `± ${(spread * 50).toFixed(0)} %`,
      isOverBudget(figure) ? 'over' : '',
    ];
  });
  return toMarkdown(['figure', 'ratio', 'budget', 'value', 'spread', ''], rows);
}

/** A row for each bundle. */
function startsOf(figures: readonly Figure[]): string {
  const found = new Map(figures.map((figure) => [figure.name, figure]));
  const stems = figures.flatMap(({ name }) => /^cold-start\/([^/]+)\/size$/.exec(name)?.[1] ?? []);
  const cell = (figure: Figure | undefined) =>
    figure === undefined ? '' : `${figure.value}${isOverBudget(figure) ? ' (over)' : ''}`;
  const rows = stems.map((stem) => {
    const started = found.get(`cold-start/${stem}`);
    const budget = started?.budget ?? null;
    return [
      `\`${stem}\``,
      cell(started),
      budget === null ? '' : `≤ ${budget}`,
      cell(found.get(`cold-start/${stem}/size`)),
      '≤ 500',
    ];
  });
  return toMarkdown(
    ['function', 'first answer, ms more than bare Node', 'budget', 'bundle, kB', 'budget'],
    rows,
  );
}

function overText(figures: readonly Figure[]): string {
  const over = figures.filter(isOverBudget);
  const texts = over.map(({ name }) => {
    const why = reasons[name] ?? reasonsOfBenches[name.split('/')[0] ?? ''] ?? 'Not explained yet.';
    return `**\`${name}\`** ${why}`;
  });
  return texts.length === 0 ? 'None.' : texts.join('\n\n');
}

function toMarkdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
