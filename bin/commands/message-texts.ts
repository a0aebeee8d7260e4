import { readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';
import { isJson } from '../../core/json';
import { sliceElements } from '../../core/json-slices';
import { JsonText } from '../../sdk/topics';
import { CommandError, exitCodes } from './command-error';
import type { Host } from './host';

/** What an argument or a file says, as it came: parsing it would cost digits. */
export async function readJsonText(host: Host, argument: string): Promise<JsonText> {
  const text = await readText(host, argument);
  try {
    return new JsonText(text.trim());
  } catch {
    throw new CommandError('--data must be JSON, @FILE with JSON, or - for standard input', exitCodes.usage);
  }
}

/** The payloads of a list in JSON, or of lines of JSON. @param file `-` for standard input. */
export async function readPayloads(host: Host, file: string): Promise<readonly JsonText[]> {
  const text = (await readText(host, file === '-' ? file : `@${file}`)).trim();
  if (text.startsWith('[') && isJson(text)) {
    return sliceElements(text).map((element) => new JsonText(element));
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const wrong = lines.findIndex((line) => !isJson(line));
  if (wrong !== -1) {
    throw new CommandError(
      `${file}: expected a list in JSON, or a line of JSON for each payload; line ${wrong + 1} is none`,
      exitCodes.usage,
    );
  }
  return lines.map((line) => new JsonText(line.trim()));
}

/** `name=value`; the value is a text, as Postoffice's client sends it. */
export function attribute(
  value: string,
  earlier: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) {
    throw new InvalidArgumentError('It must be a name and a value, such as source=shop.');
  }
  return { ...earlier, [value.slice(0, at)]: value.slice(at + 1) };
}

/** `90s`, `15m`, `2h`, `3d`. @returns seconds. */
export function duration(value: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(value) ?? [];
  const units = { s: 1, m: 60, h: 3_600, d: 86_400 };
  if (unit === undefined) {
    throw new InvalidArgumentError('It must be how much later: 90s, 15m, 2h, 3d.');
  }
  return Number(amount) * units[unit as keyof typeof units];
}

/** A day of UTC, or a time, without a zone this machine's. */
export function pointInTime(value: string): Date {
  const time = /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new InvalidArgumentError('It must be a time such as 2026-12-24 or 2026-12-24T18:00:00Z.');
  }
  return new Date(time);
}

async function readText(host: Host, argument: string): Promise<string> {
  if (argument === '-') {
    return host.readStandardInput();
  }
  if (!argument.startsWith('@')) {
    return argument;
  }
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${argument.slice(1)}: ${(error as Error).message}`);
  }
}
