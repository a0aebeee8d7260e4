import type { Api } from './api';
import type { ShownDelivery } from './delivery';

/** The newest events, whose deliveries are looked at: a look costs a request for each. */
const EVENTS_WATCHED = 20;

/** What takes longer is found by `changewire deliveries`. */
const WATCHED_MILLISECONDS = 120_000;

interface Watched {
  /** Epoch milliseconds. */
  readonly until: number;
  /** Delivery → what was told of it last. */
  readonly told: Map<string, string>;
}

/** Looks at the deliveries of the newest events, and tells whenever one has got further. */
export function followDeliveries(api: Api, now: () => number) {
  let watched = new Map<string, Watched>();
  return {
    watch(eventIds: readonly string[]): void {
      for (const id of eventIds) {
        watched.set(id, { until: now() + WATCHED_MILLISECONDS, told: new Map() });
      }
      const alive = [...watched].filter(([, { until }]) => until > now());
      watched = new Map(alive.slice(-EVENTS_WATCHED));
    },

    async look(): Promise<readonly ShownDelivery[]> {
      const found = await Promise.all([...watched].map(([eventId, { told }]) => lookAt(eventId, told)));
      return found.flat();
    },
  };

  async function lookAt(eventId: string, told: Map<string, string>): Promise<readonly ShownDelivery[]> {
    const query = { event_id: eventId, limit: '100' };
    const page = (await api.call('GET', '/v1/deliveries', { query })) as { deliveries: ShownDelivery[] };
    return page.deliveries.filter(({ id, state, attempts }) => {
      const standing = `${state} ${attempts.length}`;
      const isNews = told.get(id) !== standing;
      told.set(id, standing);
      return isNews;
    });
  }
}
