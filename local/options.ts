import type { Endpoints } from './aws/identity';

export interface LocalOptions {
  /** A synthesised CDK cloud assembly: `manifest.json`, the template, the assets. */
  readonly assemblyDirectory: string;
  /** Where the API listens; 0 takes a free port. */
  readonly port: number;
  /** @default 127.0.0.1 */
  readonly host?: string;
  /** Keeps tables, streams and check-points across runs. @default everything is forgotten */
  readonly dataDirectory?: string;
  /** Holds the generated keys, tokens and secrets; what is there is used again. */
  readonly keysDirectory: string;
  /** The most instances of each function, or by its logical or physical name. @default 2 */
  readonly workersPerFunction?: number | Readonly<Record<string, number>>;
  /** What `rate(1 minute)` becomes, in seconds. @default 1 */
  readonly tickSeconds?: number;
  /** The same for single functions, by their names. */
  readonly tickSecondsOf?: Readonly<Record<string, number>>;
  /** Values of template parameters. @default their defaults */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Hears every line of the functions, as `name | text`, and of the runner, as `local | text`. */
  readonly log?: (line: string) => void;
  /**
   * Reads the kept streams again from the start. The queues forget at every stop, so this is what finds
   * accepted work again; doing it twice changes nothing. @default true
   */
  readonly rewind?: boolean;
}

/** A running stack. */
export interface LocalStack {
  /** Where the API answers, without a slash at the end. */
  readonly baseUrl: string;
  readonly endpoints: Endpoints & { readonly lambda: string };
  /** The template's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Logical id → physical id. */
  readonly resources: Readonly<Record<string, string>>;
  /** The physical names of the functions. */
  readonly functionNames: readonly string[];
  /** The folder with one log per function, and `local.log`. */
  readonly logDirectory: string;
  /** How long each step of the start took, in milliseconds. */
  readonly phases: Readonly<Record<string, number>>;
  /** Ends everything that `start` began; later calls wait for the first. */
  stop(): Promise<void>;
}
