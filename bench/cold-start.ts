import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import path from 'node:path';
import { type FunctionName, functions } from '../lambdas/functions';
import { bundleFunctions } from '../lib/constructs/bundles';
import { startAwsStub } from './aws-stub';
import type { Bench, Figure } from './figure';
import { firstInvocation } from './first-invocation';
import { environmentOf } from './function-environment';
import { measure, type Sample } from './rounds';
import { root } from './vectors';

/** Of doors: their callers wait. */
const BUDGET_MILLISECONDS = 80;
const BUDGET_KILOBYTES = 500;

/** A start takes a tenth of a second, and there are many functions. */
const MOST_ROUNDS = 5;

export const coldStart: Bench = {
  name: 'cold-start',
  measures:
    'each bundle, from the start of a process to its first answer, with an AWS that answers at once; and its size',
  floor: 'a process of Node that says a word',
  async run({ rounds, isQuick }) {
    const bundles = bundleFunctions({ outdir: path.join(root, 'node_modules/.cache/changewire') });
    const stems = Object.keys(functions) as FunctionName[];
    const aws = await startAwsStub();
    const figures: Figure[] = [];
    try {
      for (const stem of stems) {
        const { trigger } = functions[stem];
        const file = path.join(bundles[stem], 'index.js');
        figures.push(sizeOf(stem, file));
        // It runs once, at a deployment.
        if (trigger === 'custom-resource') {
          continue;
        }
        const started = await measure(
          {
            name: `cold-start/${stem}`,
            budget: trigger === 'http' ? BUDGET_MILLISECONDS : null,
            unit: 'ms more than bare Node',
            subject: startSample([file, JSON.stringify(firstInvocation(stem))], environmentOf(stem, aws.url)),
            floor: startSample([], { NODE_NO_WARNINGS: '1' }),
            figure: 'difference',
          },
          { rounds: isQuick ? 1 : Math.min(rounds, MOST_ROUNDS), warmUps: isQuick ? 0 : 1 },
        );
        figures.push(started);
      }
    } finally {
      aws.stop();
    }
    return figures;
  },
};

function sizeOf(stem: FunctionName, file: string): Figure {
  const value = Math.round(statSync(file).size / 1000);
  return {
    name: `cold-start/${stem}/size`,
    ratio: null,
    budget: BUDGET_KILOBYTES,
    value,
    unit: 'kB',
    spread: 0,
  };
}

/** Milliseconds from the start of a process to its answer. */
function startSample(words: readonly string[], environment: Record<string, string>): Sample {
  return async () => {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [path.join(root, 'bench/first-answer.cjs'), ...words], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    let milliseconds = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      milliseconds ||= performance.now() - startedAt;
      chunks.push(chunk);
    });
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    await once(child, 'close');
    requireAnswer(Buffer.concat(chunks).toString(), Buffer.concat(errors).toString(), words);
    return milliseconds;
  };
}

function requireAnswer(line: string, errors: string, [file]: readonly string[]): void {
  const answer: Answer | null = line === '' ? { failed: 'nothing' } : JSON.parse(line);
  // A message that a queue function refuses was answered, too.
  if (answer?.failed !== undefined || (answer?.statusCode ?? 200) >= 500) {
    throw new Error(`${file} answered ${line.trim()}\n${errors}`);
  }
}

interface Answer {
  readonly failed?: string;
  readonly statusCode?: number;
}
