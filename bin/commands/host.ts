import { homeDirectory } from '../../local/running-stack';

/** What a command needs of the process that runs it; tests hand in their own. */
export interface Host {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Keys and the notes of running stacks lie here. */
  readonly home: string;
  /** True on a terminal: tables and colours there, JSON in a pipe. */
  readonly interactive: boolean;
  /** One line of the result. */
  print(line: string): void;
  /** One line beside the result: progress, notices, errors. */
  note(line: string): void;
  readStandardInput(): Promise<string>;
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back at every request to stop; returns how to stop listening for it. */
  onStop(listener: (signal: string) => void): () => void;
  /** Leaves at once, without a clean stop: for the second Ctrl-C. */
  forceExit(code: number): void;
}

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function processHost(): Host {
  return {
    environment: process.env,
    home: homeDirectory(process.env),
    interactive: process.stdout.isTTY === true,
    print: (line) => void process.stdout.write(`${line}\n`),
    note: (line) => void process.stderr.write(`${line}\n`),
    readStandardInput,
    now: () => Date.now(),
    onStop(listener) {
      for (const signal of stopSignals) {
        process.on(signal, listener);
      }
      return () => {
        for (const signal of stopSignals) {
          process.off(signal, listener);
        }
      };
    },
    forceExit: (code) => process.exit(code),
  };
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}
