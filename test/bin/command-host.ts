import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommandLine } from '../../bin/commands/command-line';
import type { Host } from '../../bin/commands/host';

export interface RanCommand {
  readonly exitCode: number;
  /** Lines of the result, and the lines beside it. */
  readonly printed: readonly string[];
  readonly noted: readonly string[];
}

/** Runs a command line in this process, as in a pipe unless `interactive`. */
export async function runCommand(words: readonly string[], options: Partial<Host> = {}): Promise<RanCommand> {
  const printed: string[] = [];
  const noted: string[] = [];
  const host: Host = {
    environment: {},
    home: emptyHome(),
    interactive: false,
    print: (line) => void printed.push(line),
    note: (line) => void noted.push(line),
    readStandardInput: async () => '',
    now: () => Date.now(),
    onStop: () => () => undefined,
    forceExit: () => undefined,
    ...options,
  };
  return { exitCode: await runCommandLine(words, host), printed, noted };
}

export function emptyHome(): string {
  return mkdtempSync(path.join(tmpdir(), 'changewire-home-'));
}

export interface ApiCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** An API that answers as a test says. */
export interface StubApi {
  readonly url: string;
  readonly calls: readonly ApiCall[];
  close(): Promise<void>;
}

export async function startStubApi(
  answer: (call: ApiCall, count: number) => { readonly status: number; readonly body?: unknown },
): Promise<StubApi> {
  const calls: ApiCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const call: ApiCall = {
        method: request.method ?? '',
        path: request.url ?? '',
        authorization: request.headers.authorization,
        body: text === '' ? undefined : JSON.parse(text),
      };
      calls.push(call);
      const { status, body } = answer(call, calls.length);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
