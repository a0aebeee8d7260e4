import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { startsOwnStack } from '../support/e2e-target';
import { type Answer, call } from '../support/http-call';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { newcomer } from '../support/profile-documents';
import { type Subscriber, startSubscriber } from '../support/subscriber';
import { freshName, until } from './journeys/journey';

const CHANGES = 200;
const KILL_AFTER = 100;
const CLIENTS = 8;
/** So many webhooks are turned away at first: at the kill, their retries wait in a queue that forgets. */
const TURNED_AWAY = 60;

interface Announcement {
  readonly data: { readonly user_id: string; readonly sequence_number: string };
}

const includesAll = (found: readonly string[], wanted: readonly string[]) => {
  const known = new Set(found);
  return wanted.every((one) => known.has(one));
};

const suite = startsOwnStack ? describe : describe.skip;

suite('a stack with --data that is killed in the middle of 200 changes', () => {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'changewire-data-'));
  let stack: RunningLocalStack;
  let subscriber: Subscriber;
  beforeAll(async () => {
    subscriber = await startSubscriber();
    stack = await startLocalStack({ dataDirectory });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await subscriber?.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  it('ends every accepted change, and every webhook arrives', async () => {
    await subscribe();
    subscriber.answer('/', [
      ...Array.from({ length: TURNED_AWAY }, () => ({ status: 503 })),
      { status: 200 },
    ]);
    const names = Array.from({ length: CHANGES }, freshName);
    const before = await publishAll(names, KILL_AFTER, () => stack.kill());
    expect(before.size).toBeGreaterThanOrEqual(KILL_AFTER);
    expect(before.size).toBeLessThan(CHANGES);

    stack = await startLocalStack({ dataDirectory });
    const after = await publishAll(names.filter((name) => !before.has(name)));
    expect(before.size + after.size).toBe(CHANGES);

    expect(new Set(await endsOf(before))).toEqual(new Set(['integrated']));
    // The kill may have come between accepting a change and saying so: then this is its second time.
    expect(['integrated', 'noop']).toEqual(expect.arrayContaining([...new Set(await endsOf(after))]));
    const sequenceNumbers = [...before.values()];
    await until(
      async () => taken().map(({ data }) => data),
      (found) =>
        includesAll(
          found.map((data) => data.sequence_number),
          sequenceNumbers,
        ) &&
        includesAll(
          found.map((data) => data.user_id),
          names.map((name) => `ad|Mozilla-LDAP|${name}`),
        ),
      60_000,
    );
  }, 240_000);

  it('has sent a webhook again only under the id that it had', () => {
    const ids = new Map<string, string>();
    for (const { headers, body } of subscriber.caught) {
      const { sequence_number: sequenceNumber } = (JSON.parse(body) as Announcement).data;
      expect(ids.get(sequenceNumber) ?? headers['webhook-id']).toBe(headers['webhook-id']);
      ids.set(sequenceNumber, headers['webhook-id'] as string);
    }
  });

  /** What the subscriber answered with 200. */
  function taken(): Announcement[] {
    return subscriber.caught.slice(TURNED_AWAY).map(({ body }) => JSON.parse(body));
  }

  function endsOf(accepted: ReadonlyMap<string, string>): Promise<string[]> {
    return Promise.all([...accepted.values()].map(endOf));
  }

  /** @returns name → sequence number of what was accepted; a call that failed on the way is not in it. */
  async function publishAll(
    names: readonly string[],
    interruptAfter = Number.POSITIVE_INFINITY,
    interrupt: () => Promise<void> = async () => undefined,
  ): Promise<Map<string, string>> {
    const accepted = new Map<string, string>();
    const waiting = [...names];
    const token = await mint();
    let interrupted: Promise<void> | undefined;
    const client = async () => {
      for (let name = waiting.shift(); name !== undefined && !interrupted; name = waiting.shift()) {
        const body = newcomer({ name: 'ldap' }, name);
        const answer = await call(stack.baseUrl, '/change', { token, body }).catch(() => undefined);
        if (answer?.status === 200) {
          accepted.set(name, answer.json.sequence_number);
        }
        if (accepted.size >= interruptAfter) {
          interrupted ??= interrupt();
        }
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, client));
    await interrupted;
    return accepted;
  }

  async function endOf(sequenceNumber: string): Promise<string> {
    const path = `/change/status?sequenceNumber=${sequenceNumber}`;
    const answer = await until(
      () => call(stack.baseUrl, path),
      ({ json }: Answer) => json?.state !== undefined,
      60_000,
    );
    return answer.json.state;
  }

  async function subscribe(): Promise<void> {
    const answer = await call(stack.baseUrl, '/v1/subscriptions', {
      token: await mint(),
      body: {
        topic: 'profile.created',
        target: `${subscriber.url}/`,
        // Sixty refusals would open the circuit, and one probe at a time would take longer than anybody waits.
        policy: { schedule_seconds: [1, 1, 2, 5, 10], jitter: 0, circuit: false },
      },
    });
    expect(answer.status).toBe(201);
  }

  async function mint(): Promise<string> {
    const note = findStack(stack.home, stack.baseUrl);
    if (!note) {
      throw new Error('the stack left no note of itself');
    }
    const { keysDirectory, issuer, audience } = note;
    const scopes = ['write', 'subscriptions:write', 'subscriptions:system'];
    return mintToken({ keysDirectory, issuer, audience, subject: 'e2e', scopes, ttlSeconds: 600 });
  }
});
