/** What a function's reply says about the batch it was given. */
export type BatchVerdict =
  | { readonly kind: 'succeeded' }
  /** Positions in the batch, ascending, none of them twice. */
  | { readonly kind: 'failed-in-part'; readonly positions: readonly number[] }
  /** The reply makes no sense, which counts as a failure of all. */
  | { readonly kind: 'failed' };

/**
 * Reads `{"batchItemFailures": [{"itemIdentifier": "…"}]}` as a mapping with `ReportBatchItemFailures` does:
 * nothing, null and an empty list are a success; an identifier that is empty or not of the batch fails all.
 * @param identifiers of the records or messages, in the batch's order.
 */
export function readBatchFailures(payload: string, identifiers: readonly string[]): BatchVerdict {
  const reply: unknown = JSON.parse(payload);
  const failures = (reply as { batchItemFailures?: unknown } | null)?.batchItemFailures ?? [];
  if (!Array.isArray(failures)) {
    return { kind: 'failed' };
  }
  const positions = failures.map((failure: { itemIdentifier?: unknown } | null) =>
    identifiers.indexOf(String(failure?.itemIdentifier ?? '')),
  );
  if (positions.includes(-1)) {
    return { kind: 'failed' };
  }
  return positions.length === 0
    ? { kind: 'succeeded' }
    : { kind: 'failed-in-part', positions: [...new Set(positions)].sort((a, b) => a - b) };
}
