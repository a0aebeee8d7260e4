import type {
  OriginClient,
  OriginDirectory,
  OriginState,
  OriginSweeps,
} from '../../core/messages/recovery/recover-ports';

export interface OriginRowFields {
  readonly topic?: unknown;
  readonly payload?: unknown;
  readonly attributes?: unknown;
  readonly bulk?: unknown;
}

/** An application with rows that it could not publish, as the Django client serves them (contract, section 5.5). */
export class MemoryOrigin implements OriginClient {
  readonly originHost: string;
  /** The oldest first. */
  rows: { readonly id: number; readonly fields: OriginRowFields }[] = [];
  readonly asked: string[] = [];
  readonly removed: number[] = [];
  nextId = 1;
  /** What removals answer instead of removing. */
  removal: ((id: number) => Awaited<ReturnType<OriginClient['remove']>>) | undefined;
  /** What lists are instead. */
  listing: ((limit: number) => Awaited<ReturnType<OriginClient['list']>>) | undefined;

  constructor(originHost = 'http://app.test/postoffice/messages/') {
    this.originHost = originHost;
  }

  add(fields: OriginRowFields = {}): number {
    const id = this.nextId;
    this.nextId += 1;
    this.rows.push({
      id,
      fields: { topic: 'orders', payload: { id }, attributes: {}, bulk: false, ...fields },
    });
    return id;
  }

  /** Its table is made anew: numbers begin again. */
  forgetNumbers(): void {
    this.nextId = 1;
  }

  list: OriginClient['list'] = async (text) => {
    this.asked.push(`GET ${text}`);
    const url = new URL(text);
    const limit = Number(url.searchParams.get('limit') ?? 100);
    if (this.listing) {
      return this.listing(limit);
    }
    const listed = this.rows.slice(0, limit).map(({ id, fields }) => ({ id, ...fields }));
    return { status: 200, text: JSON.stringify(listed) };
  };

  remove: OriginClient['remove'] = async (text) => {
    this.asked.push(`DELETE ${text}`);
    const id = Number(/(\d+)\/$/.exec(text)?.[1]);
    const instead = this.removal?.(id);
    if (instead) {
      return instead;
    }
    const isThere = this.rows.some((row) => row.id === id);
    this.rows = this.rows.filter((row) => row.id !== id);
    this.removed.push(...(isThere ? [id] : []));
    return { status: isThere ? 204 : 404 };
  };
}

/** States of origins in memory. */
export class MemoryOriginSweeps implements OriginSweeps {
  readonly states = new Map<string, OriginState & { readonly lease?: string | undefined }>();

  claim: OriginSweeps['claim'] = async (origin, { at, until }) => {
    const known = this.states.get(origin) ?? { origin, epoch: 0, isSettled: false };
    if (known.lease !== undefined && known.lease > at) {
      return undefined;
    }
    this.states.set(origin, { ...known, lease: until });
    const { lease: _, ...state } = known;
    return state;
  };

  release: OriginSweeps['release'] = async (state, { until }) => {
    if (this.states.get(state.origin)?.lease === until) {
      this.states.set(state.origin, state);
    }
  };
}

export function memoryDirectory(...hosts: readonly string[]): OriginDirectory {
  return { enabled: async () => hosts.map((originHost) => ({ originHost })) };
}
