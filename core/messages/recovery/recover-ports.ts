import type { EventStream } from '../../events/ports';
import type { TopicStore } from '../../topics/ports';
import type { TargetFailure } from '../../webhooks/ports';

/** An application that keeps what it could not publish, and the topics that say so. */
export interface Origin {
  /** The URL that lists what it keeps, as it was given. */
  readonly originHost: string;
}

/** Where messages are to be recovered from. */
export interface OriginDirectory {
  /** Of the topics with recovery on; each once. */
  enabled(): Promise<readonly Origin[]>;
}

/** What is remembered of an origin from sweep to sweep. */
export interface OriginState {
  /** What it is known by: {@link originKey}. */
  readonly origin: string;
  /** Part of the ids of recovered events; moves on when the origin had nothing left: decision 065. */
  readonly epoch: number;
  /** The last sweep that found something saw all of it removed, by the origin's own word. */
  readonly isSettled: boolean;
  /** ISO 8601: since when the origin cannot be swept. */
  readonly failingSince?: string;
  /** Names what operators were last told of the rows that cannot be taken. */
  readonly toldOf?: string;
}

/** The state of each origin, and who is at it. */
export interface OriginSweeps {
  /**
   * Takes an origin for one sweep.
   * @param origin what it is known by.
   * @param lease.at ISO 8601: now. @param lease.until ISO 8601: when the sweep has ended, whatever becomes of it.
   * @returns the state; `undefined` while another sweep has the origin.
   */
  claim(
    origin: string,
    lease: { readonly at: string; readonly until: string },
  ): Promise<OriginState | undefined>;
  /** Lets the origin go with the state as it is now, unless another sweep has taken it meanwhile. */
  release(state: OriginState, lease: { readonly until: string }): Promise<void>;
}

/** Why there is no list. */
export type OriginFailure = TargetFailure | 'answer_too_large';

/** The way to an origin; never throws, follows no redirect, calls nothing that the network guard refuses. */
export interface OriginClient {
  list(
    url: string,
  ): Promise<{ readonly status: number; readonly text: string } | { readonly failure: OriginFailure }>;
  remove(url: string): Promise<{ readonly status: number } | { readonly failure: OriginFailure }>;
}

export interface RecoverPorts {
  readonly directory: OriginDirectory;
  readonly sweeps: OriginSweeps;
  readonly client: OriginClient;
  readonly topics: Pick<TopicStore, 'find'>;
  readonly events: EventStream;
  readonly now: () => Date;
  /** 0 up to 1. */
  readonly random: () => number;
}
