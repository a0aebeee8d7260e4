/** What has become of a message. In each of these it is in safe hands; where it is not, `publish` throws. */
export type PublishResult =
  /** The hub has it. */
  | {
      readonly outcome: 'accepted';
      readonly idempotencyKey: string;
      /** The deliveries that follow, one for each consumer and payload, newest first. */
      readonly ids: readonly number[];
    }
  /** The buffer has it, and sends it: the hub could not take it, or earlier ones of its topic wait. */
  | { readonly outcome: 'stored'; readonly idempotencyKey: string; readonly reason: string }
  /** The hub will not take it as it is; the buffer keeps it apart, until somebody has it sent again, or removes it. */
  | {
      readonly outcome: 'refused';
      readonly idempotencyKey: string;
      readonly reason: string;
      readonly status: number;
    };

/** What has become of a part of a bulk: one call, which the hub takes whole or not at all. */
export type BulkResult = PublishResult & {
  /** How many of the payloads it has. */
  readonly count: number;
};

/** What has become of a schedule that was to be cancelled: `gone` is unknown, or was delivered. */
export type CancelResult = 'cancelled' | 'gone';
