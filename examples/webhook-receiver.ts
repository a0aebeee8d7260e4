import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

/** What the example expects of a `profile.created` webhook. */
export interface ProfileCreated {
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly user_id: string;
    readonly uuid: string;
    readonly changed: readonly string[];
    readonly sequence_number: string;
  };
}

/**
 * A subscriber as anybody may write one: verifies the raw body with a Standard Webhooks library, then parses it.
 * What does not verify is answered with 401 and forgotten.
 */
export class WebhookReceiver {
  private readonly verified: ProfileCreated[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const event = this.verify(Buffer.concat(chunks).toString(), request.headers as Record<string, string>);
      response.writeHead(event ? 204 : 401).end();
      if (event) {
        this.verified.push(event);
        this.waiting.forEach((look) => {
          look();
        });
      }
    });
  });

  /** @param secret `whsec_…`; the subscription gets the same one. */
  constructor(private readonly secret: string) {}

  /** @returns the URL that it listens on. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** The webhook of one change. @throws Error when none has come in time. */
  async waitFor(sequenceNumber: string, withinMilliseconds: number): Promise<ProfileCreated> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        act();
      };
      const look = () => {
        const found = this.verified.find((event) => event.data.sequence_number === sequenceNumber);
        if (found) {
          end(() => resolve(found));
        }
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`no webhook that verifies came within ${withinMilliseconds} ms`))),
        withinMilliseconds,
      );
      this.waiting.add(look);
      look();
    });
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private verify(body: string, headers: Record<string, string>): ProfileCreated | undefined {
    try {
      return new Webhook(this.secret).verify(body, headers) as ProfileCreated;
    } catch {
      return undefined;
    }
  }
}
