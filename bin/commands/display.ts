import Table from 'cli-table3';
import pc from 'picocolors';
import type { Host } from './host';

/** Colours only where a person looks; `NO_COLOR` is respected. */
export function coloursFor(host: Host): ReturnType<typeof pc.createColors> {
  return pc.createColors(host.interactive && !host.environment.NO_COLOR);
}

/** A result: a person sees `show`, a pipe gets the value as one line of JSON. */
export function present(host: Host, value: unknown, show: () => string): void {
  host.print(host.interactive ? show() : JSON.stringify(value));
}

/** The same for what is JSON already, of which parsing would cost digits. */
export function presentText(host: Host, json: string, show: () => string): void {
  host.print(host.interactive ? show() : json);
}

/** A table with headings; cells that are `undefined` stay empty. */
export function table(
  host: Host,
  headings: readonly string[],
  rows: ReadonlyArray<ReadonlyArray<string | number | undefined>>,
): string {
  const colours = coloursFor(host);
  const drawn = new Table({
    head: headings.map((heading) => colours.bold(heading)),
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    chars: borderless,
  });
  drawn.push(...rows.map((row) => row.map((cell) => printable(`${cell ?? ''}`))));
  return drawn.toString();
}

/** Names and values under each other. */
export function facts(host: Host, pairs: ReadonlyArray<readonly [string, string | undefined]>): string {
  const colours = coloursFor(host);
  const shown = pairs.filter((pair): pair is readonly [string, string] => pair[1] !== undefined);
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${colours.dim(name.padEnd(width))}  ${printable(value)}`).join('\n');
}

/** What came from elsewhere must not steer the terminal; colours, which we set ourselves, may stay. */
export function printable(text: string): string {
  return text.replace(controls, (match) => (colour.test(match) ? match : '\ufffd'));
}

/** A colour's whole sequence, or one character of Unicode's class of controls; line ends and tabs are neither. */
const controls = /\p{Cc}\[\d{1,2}m|(?![\n\t])\p{Cc}/gu;

const colour = new RegExp(`^${String.fromCharCode(27)}\\[\\d{1,2}m$`);

const borderless = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};
