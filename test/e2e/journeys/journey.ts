import { randomBytes } from 'node:crypto';
import type { Target } from '../../support/e2e-target';
import { type Answer, type Call, call } from '../../support/http-call';
import type { ProfileDocument } from '../../support/profile-documents';
import { type CaughtWebhook, type Subscriber, startSubscriber } from '../../support/subscriber';

/** What a journey has at hand; filled before its first step. */
export interface Journey {
  readonly target: Target;
  readonly subscriber: Subscriber;
  readonly token: string;
}

export type JourneyOf = () => Journey;

export async function beginJourney(target: Target): Promise<Journey> {
  return { target, subscriber: await startSubscriber(), token: await target.token() };
}

/** A name that no other run has used: the suite leaves its people behind. */
export function freshName(): string {
  return `e2e-${randomBytes(6).toString('hex')}`;
}

export function send({ target, token }: Journey, path: string, options: Call = {}): Promise<Answer> {
  return call(target.baseUrl, path, { token, ...options });
}

/** @returns the sequence number. */
export async function publish(journey: Journey, profile: ProfileDocument): Promise<string> {
  const answer = await send(journey, '/change', { body: profile });
  expect(answer).toMatchObject({ status: 200, json: { status_code: 200 } });
  expect(answer.json.sequence_number).toMatch(/^\d+$/);
  return answer.json.sequence_number;
}

export interface Status {
  readonly identity_vault: boolean;
  readonly state?: string;
  readonly condition?: string;
  readonly code?: string;
}

/** Polls until the change has ended. */
export async function statusOf(
  journey: Journey,
  sequenceNumber: string,
  withinMilliseconds = 20_000,
): Promise<Status> {
  return until(
    async () => {
      const answer = await send(journey, `/change/status?sequenceNumber=${sequenceNumber}`);
      expect(answer.status).toBe(200);
      return answer.json as Status;
    },
    (status) => status.state !== undefined,
    withinMilliseconds,
  );
}

export async function publishAndWait(journey: Journey, profile: ProfileDocument): Promise<Status> {
  return statusOf(journey, await publish(journey, profile));
}

export interface SubscriptionBody {
  readonly id: string;
  readonly secret: string;
  readonly state: string;
  readonly state_reason?: string;
}

/** Subscribes a path of the subscriber. */
export async function subscribe(
  journey: Journey,
  path: string,
  options: { readonly topic?: string; readonly schedule?: readonly number[] } = {},
): Promise<SubscriptionBody> {
  const answer = await send(journey, '/v1/subscriptions', {
    body: {
      topic: options.topic ?? 'profile.created',
      target: `${journey.subscriber.url}${path}`,
      policy: { schedule_seconds: options.schedule ?? [1], jitter: 0, timeout_seconds: 5 },
    },
  });
  expect(answer).toMatchObject({ status: 201, json: { state: 'active' } });
  return answer.json;
}

export async function unsubscribe(journey: Journey, { id }: SubscriptionBody): Promise<void> {
  await send(journey, `/v1/subscriptions/${id}`, { method: 'DELETE' });
}

/** The first webhook at a path that is about somebody: others may be published at the same time. */
export async function webhookAbout(
  { subscriber }: Journey,
  path: string,
  userId: string,
): Promise<CaughtWebhook> {
  const find = () =>
    subscriber.caught.find(
      (webhook) => webhook.path === path && JSON.parse(webhook.body).data.user_id === userId,
    );
  return (await until(
    async () => find(),
    (found) => found !== undefined,
  )) as CaughtWebhook;
}

export interface DeliveryBody {
  readonly event_id: string;
  readonly state: string;
  readonly reason?: string;
  readonly attempts: readonly { readonly status?: number; readonly failure?: string }[];
}

/** Waits for a delivery of a subscription to be in a state. */
export async function deliveryOf(
  journey: Journey,
  subscriptionId: string,
  state: string,
): Promise<DeliveryBody> {
  const day = new Date().toISOString().slice(0, 10);
  const deliveries = await until(
    async () => {
      const answer = await send(journey, `/v1/deliveries?subscription_id=${subscriptionId}&day=${day}`);
      expect(answer.status).toBe(200);
      return answer.json.deliveries as DeliveryBody[];
    },
    (found) => found.some((delivery) => delivery.state === state),
  );
  return deliveries.find((delivery) => delivery.state === state) as DeliveryBody;
}

/** Looks again until it is as it should be. @throws Error with the last look when it never is. */
export async function until<T>(
  look: () => Promise<T>,
  isRight: (value: T) => boolean,
  withinMilliseconds = 20_000,
): Promise<T> {
  const end = Date.now() + withinMilliseconds;
  for (;;) {
    const value = await look();
    if (isRight(value)) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`not within ${withinMilliseconds} ms: ${JSON.stringify(value)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
