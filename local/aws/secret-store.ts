import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readKeptFile } from '../read-kept-file';
import { writePrivately } from '../write-privately';

export interface Secret {
  readonly name: string;
  readonly arn: string;
  /** Undefined until somebody has put a value. */
  readonly value?: string | undefined;
  readonly versionId: string;
  /** Epoch seconds, as AWS tells it. */
  readonly createdAt: number;
}

/** Secrets as files that only their owner can read, in the folder of the generated keys. */
export class SecretStore {
  private readonly arns = new Map<string, string>();

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Declares a secret; a value that an earlier run left stays. */
  declare(name: string, arn: string): void {
    this.arns.set(name, arn);
  }

  /** Finds a declared secret by its name or ARN. */
  find(id: string): Secret | undefined {
    const entry = [...this.arns].find(([name, arn]) => id === name || id === arn);
    if (!entry) {
      return undefined;
    }
    const [name, arn] = entry;
    const path = this.path(name);
    const stored = existsSync(path) ? readKeptFile(path, JSON.parse) : {};
    return { versionId: '', createdAt: 0, ...stored, name, arn };
  }

  /** Gives a declared secret a value; a reader sees the old one or the new one, never half of it. */
  put(name: string, value: string): Secret {
    const arn = this.arns.get(name) ?? '';
    const secret = { name, arn, value, versionId: randomUUID(), createdAt: Date.now() / 1000 };
    writePrivately(this.path(name), JSON.stringify(secret));
    return secret;
  }

  private path(name: string): string {
    return join(this.directory, `${encodeURIComponent(name)}.json`);
  }
}
