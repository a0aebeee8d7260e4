import { countEvent } from '../../core/events/ledger';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import { type Delivery, deliveryId } from '../../core/webhooks/deliveries/delivery';
import type { LawWorld, Post } from './law-world';

/** How often a subscriber that had answered was sent an event again, by the excuse that the design allows. */
export interface Repeats {
  /** Its worker died, stood still or was refused a call before the answer was recorded. */
  crashed: number;
  /** First attempts are not claimed (decision 009): both workers had looked before the first answer was recorded. */
  unclaimed: number;
}

/**
 * From its last look to the request a worker may take so long while nothing goes wrong: until then a subscription
 * that was paused, or a delivery that has ended, is not seen.
 */
const LOOKED_MILLISECONDS = 400;

/** A moment of a rate limit may be used this much late (core: 100), and a request takes some calls to be on its way. */
const LATE_MILLISECONDS = 400;

/** What a world at rest shows that no law allows, in words. */
export async function findBreaches(world: LawWorld, repeats: Repeats): Promise<string[]> {
  return [
    ...world.unexpected,
    ...(await unbalanced(world)),
    ...world.deliveries.rows().flatMap((row) => wrongEnd(row, world)),
    ...wrongWrites(world),
    ...byKey(world.posts, ({ message }) => deliveryId(message)).flatMap((posts) =>
      sentAgain(posts, world, repeats),
    ),
    ...byKey(world.posts, ({ message }) => message.subscriptionId).flatMap((posts) =>
      overLimits(posts, world),
    ),
    ...world.posts.flatMap(sentBlindly),
  ];
}

/** Law 5: fanned out = delivered + dead + skipped + erased, and every run beside the live one has ended, too. */
async function unbalanced({ markers, deliveries, published }: LawWorld): Promise<string[]> {
  const breaches: string[] = [];
  const ids = [...markers.markers.keys()];
  for (const [id, marker] of await markers.findMany(ids)) {
    const { balanced, pending, replays } = await countEvent(id, marker, { tally: deliveries });
    if (!balanced || pending > 0 || replays.some((run) => run.pending > 0)) {
      breaches.push(
        `the ledger of ${id} does not balance: ${JSON.stringify({ balanced, pending, replays })}`,
      );
    }
  }
  const lost = published.filter(({ id }) => !markers.markers.has(id));
  return [...breaches, ...lost.map(({ id }) => `${id} was published and is nowhere`)];
}

/** Law 6: it was delivered, or there is a reason; what is dead has its letter and was told. */
function wrongEnd(row: Delivery, world: LawWorld): string[] {
  const id = nameOf(row);
  const posts = world.posts.filter(({ message }) => deliveryId(message) === deliveryId(row));
  if (row.state === 'pending') {
    return [`${id} has not ended`];
  }
  if (row.claim || row.slotAt || row.dueAt || !row.endedAt) {
    return [
      `${id} has ended and keeps ${JSON.stringify({ claim: row.claim, slotAt: row.slotAt, dueAt: row.dueAt })}`,
    ];
  }
  if (row.state === 'delivered' && !posts.some(({ isSuccess }) => isSuccess)) {
    return [`${id} is delivered, and nobody has taken it`];
  }
  if ((row.state === 'dead' || row.state === 'skipped') && row.reason === undefined) {
    return [`${id} is ${row.state} and nobody knows why`];
  }
  return row.state === 'dead' ? missingLetter(row, world) : [];
}

function missingLetter(row: Delivery, world: LawWorld): string[] {
  const hasLetter = world.deadLetters.some(({ body }) => {
    const letter = body as Delivery;
    return letter.eventId === row.eventId && deliveryId(letter) === deliveryId(row);
  });
  const isNews = row.topic.startsWith('system/');
  const isTold = isNews || world.news().some((data) => data.delivery_id === deliveryId(row));
  return [
    ...(hasLetter ? [] : [`${nameOf(row)} is dead and has no letter`]),
    ...(isTold ? [] : [`${nameOf(row)} is dead and nobody was told`]),
  ];
}

/** Attempts grow, within the policy's bounds; what has been delivered or erased stays so. */
function wrongWrites(world: LawWorld): string[] {
  return byKey(world.writes, ({ row }) => deliveryId(row)).flatMap((writes) =>
    writes.flatMap(({ row }, index) => {
      const before = writes[index - 1]?.row;
      // The success of an unclaimed first attempt may be recorded after another worker's failure: it outweighs that.
      const numbers = row.attempts
        .filter(({ number, failure }) => number > 1 || failure !== undefined)
        .map(({ number }) => number);
      const grow = numbers.every((number, place) => place === 0 || number > (numbers[place - 1] as number));
      const { scheduleSeconds } = policyOf(row.subscriptionId, world);
      const most = (scheduleSeconds.length + 1) * (row.resends + 1);
      return [
        ...(row.version === (before?.version ?? 0) + 1 ? [] : [`${nameOf(row)} was overwritten`]),
        ...(row.attempt >= (before?.attempt ?? 0) ? [] : [`${nameOf(row)} goes back in its attempts`]),
        ...(grow ? [] : [`${nameOf(row)} has attempts ${numbers.join()}`]),
        ...(row.attempt <= most ? [] : [`${nameOf(row)} has ${row.attempt} attempts of ${most}`]),
        ...(before && isFinal(before) && row.state !== 'erased'
          ? [`${nameOf(row)} was ${before.state} before`]
          : []),
      ];
    }),
  );
}

function isFinal({ state }: Delivery): boolean {
  return state === 'delivered' || state === 'erased';
}

/** Who has answered is not sent the event again in the same run, but for the two exceptions that are counted. */
function sentAgain(posts: readonly Post[], world: LawWorld, repeats: Repeats): string[] {
  return posts.flatMap((success) => {
    if (!success.isSuccess) {
      return [];
    }
    const recordedAt = world.writes.find(
      ({ row }) => row.state === 'delivered' && deliveryId(row) === deliveryId(success.message),
    )?.at;
    return posts.flatMap((post) => {
      if (post === success || post.startedAt < success.endedAt) {
        return [];
      }
      if (isTroubled(success) || (isTroubled(post) && (post.process.troubledAt ?? 0) <= post.startedAt)) {
        repeats.crashed += 1;
        return [];
      }
      if (!post.isClaimed && post.message.attempt === 1 && post.lookedAt <= (recordedAt ?? 0)) {
        repeats.unclaimed += 1;
        return [];
      }
      return [
        `${nameOf(post.message)} was sent again after it had been taken (attempt ${post.message.attempt})`,
      ];
    });
  });
}

/** What troubled it came after it had begun to post: the answer may not have been recorded. */
function isTroubled({ process, lookedAt }: Post): boolean {
  return process.troubledAt !== undefined && process.troubledAt >= lookedAt;
}

/** The cap and the rate hold over all workers; one that stands still on its way to the target escapes both. */
function overLimits(posts: readonly Post[], world: LawWorld): string[] {
  const id = posts[0]?.message.subscriptionId ?? '';
  const { concurrency, ratePerSecond } = policyOf(id, world);
  const steady = posts
    .filter(({ process, startedAt }) => (process.troubledAt ?? Number.POSITIVE_INFINITY) > startedAt)
    .sort((one, other) => one.startedAt - other.startedAt);
  const crowded = steady.filter(
    ({ startedAt }) =>
      concurrency !== undefined &&
      steady.filter((post) => post.startedAt <= startedAt && post.endedAt > startedAt).length > concurrency,
  );
  const paced = steady.filter((post, index) => !steady.slice(0, index).some((other) => isTwin(post, other)));
  const hasty = paced.filter(
    ({ startedAt }, index) =>
      ratePerSecond !== undefined &&
      paced
        .slice(0, index)
        .some(
          (post, before) =>
            startedAt - post.startedAt < ((index - before) * 1000) / ratePerSecond - LATE_MILLISECONDS,
        ),
  );
  return [
    ...crowded.map(({ message }) => `${nameOf(message)} was sent although ${concurrency} were under way`),
    ...hasty.map(({ message }) => `${nameOf(message)} was sent above ${ratePerSecond} a second`),
  ];
}

/** The same first attempt in two workers: the message that came twice has one moment of the rate limit. */
function isTwin({ message, isClaimed }: Post, other: Post): boolean {
  return (
    !isClaimed &&
    message.attempt === other.message.attempt &&
    deliveryId(message) === deliveryId(other.message)
  );
}

/** Whoever is paused, disabled or deleted gets nothing: every worker has looked a moment before it sends. */
function sentBlindly({ message, process, lookedAt, startedAt }: Post): string[] {
  const isSteady = (process.troubledAt ?? Number.POSITIVE_INFINITY) > startedAt;
  return isSteady && startedAt - lookedAt > LOOKED_MILLISECONDS
    ? [
        `${nameOf(message)} was sent ${startedAt - lookedAt} ms after the worker had looked at its subscription`,
      ]
    : [];
}

function policyOf(subscriptionId: string, { subscriptions }: LawWorld): Subscription['policy'] {
  return (subscriptions.subscriptions.get(subscriptionId) as Subscription).policy;
}

function byKey<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item)) ?? [];
    groups.set(keyOf(item), group);
    group.push(item);
  }
  return [...groups.values()];
}

function nameOf({
  eventId,
  subscriptionId,
  run,
}: {
  eventId: string;
  subscriptionId: string;
  run: number;
}): string {
  return `${eventId} → ${subscriptionId.slice(-1)} run ${run}`;
}
