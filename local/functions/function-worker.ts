import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import type { Journal } from '../journal';
import type { FunctionDefinition } from './definition';
import { type InvocationOutcome, MAX_PAYLOAD_BYTES } from './invocation';

interface ThrownError {
  readonly errorType: string;
  readonly message: string;
  readonly stack: string;
}

type Message =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'not-loaded'; readonly error: ThrownError }
  | { readonly kind: 'returned'; readonly payload: string }
  | { readonly kind: 'failed'; readonly error: ThrownError };

/** Loading a bundle takes some 100 ms here; Lambda itself gives up after 10 s. */
const LOAD_LIMIT_MILLISECONDS = 30_000;

/** One instance of a function: a thread with its own environment, which handles one invocation at a time. */
export class FunctionWorker {
  private readonly thread: Worker;
  private readonly exited: Promise<void>;
  private settle: ((message: Message | InvocationOutcome) => void) | undefined;
  private fatal: Error | undefined;
  /** False once the thread has ended, whatever ended it: it must be replaced. */
  alive = true;

  constructor(
    private readonly definition: FunctionDefinition,
    private readonly journal: Journal,
  ) {
    this.thread = this.startThread();
    this.exited = new Promise((resolve) => this.thread.once('exit', () => resolve()));
    this.thread.on('message', (message: Message) => this.settle?.(message));
    this.thread.on('error', (error) => {
      this.fatal = error;
    });
    this.thread.on('exit', (code) => this.ended(code));
    this.relay(this.thread.stdout);
    this.relay(this.thread.stderr);
  }

  /** Waits until the bundle is loaded. @throws Error with what loading it threw. */
  async load(): Promise<void> {
    const outcome = await this.next(LOAD_LIMIT_MILLISECONDS);
    if (outcome.kind === 'loaded') {
      return;
    }
    await this.terminate();
    throw new Error(`${this.definition.name} cannot be loaded: ${messageOf(outcome)}`);
  }

  /** Hands over one event; the caller sees to it that no other is under way. */
  async invoke(requestId: string, event: string): Promise<InvocationOutcome> {
    const { timeoutSeconds } = this.definition;
    const reply = this.next(timeoutSeconds * 1000);
    this.thread.postMessage({ requestId, event, deadline: Date.now() + timeoutSeconds * 1000 });
    const outcome = await reply;
    if (outcome.kind === 'timed-out') {
      await this.terminate();
    }
    return this.judge(outcome);
  }

  /** Ends the thread, whatever it is doing. */
  async terminate(): Promise<void> {
    this.alive = false;
    await this.thread.terminate();
    await this.exited;
  }

  private startThread(): Worker {
    const { definition } = this;
    return new Worker(join(__dirname, 'function-thread.cjs'), {
      env: { ...definition.environment },
      execArgv: [],
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: definition.memoryMegabytes },
      workerData: {
        codeDirectory: definition.codeDirectory,
        handler: definition.handler,
        context: {
          functionName: definition.name,
          functionVersion: '$LATEST',
          invokedFunctionArn: definition.arn,
          memoryLimitInMB: String(definition.memoryMegabytes),
          logGroupName: `/aws/lambda/${definition.name}`,
          logStreamName: 'local',
        },
      },
    });
  }

  private next(limitMilliseconds: number): Promise<Message | InvocationOutcome> {
    return new Promise((resolve) => {
      const settle = (outcome: Message | InvocationOutcome) => {
        clearTimeout(patience);
        this.settle = undefined;
        resolve(outcome);
      };
      const patience = setTimeout(() => settle({ kind: 'timed-out' }), limitMilliseconds);
      this.settle = settle;
    });
  }

  private ended(code: number): void {
    const wasExpected = !this.alive;
    this.alive = false;
    const reason = this.fatal?.message ?? `exit code ${code}`;
    if (!wasExpected) {
      this.journal.note(`${this.definition.name}: the instance ended: ${reason}`);
    }
    this.settle?.({ kind: 'crashed', message: reason });
  }

  private judge(outcome: Message | InvocationOutcome): InvocationOutcome {
    if (outcome.kind === 'returned' && Buffer.byteLength(outcome.payload) > MAX_PAYLOAD_BYTES) {
      const message = `the reply exceeds ${MAX_PAYLOAD_BYTES} bytes`;
      return { kind: 'failed', errorType: 'Function.ResponseSizeTooLarge', message };
    }
    if ('error' in outcome) {
      const { errorType, message, stack } = outcome.error;
      this.journal.write(this.definition.name, stack || `${errorType}: ${message}`);
      return { kind: 'failed', errorType, message };
    }
    if (outcome.kind === 'loaded') {
      return { kind: 'crashed', message: 'the instance spoke out of turn' };
    }
    return outcome;
  }

  private relay(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.journal.write(this.definition.name, line);
      }
    });
    stream.on('end', () => {
      if (rest !== '') {
        this.journal.write(this.definition.name, rest);
      }
    });
  }
}

function messageOf(outcome: Message | InvocationOutcome): string {
  if ('error' in outcome) {
    return outcome.error.stack || outcome.error.message;
  }
  return 'message' in outcome ? outcome.message : outcome.kind;
}
