/** What AWS asks in us-east-1, on demand, in US dollars per million; seen in November 2026 at aws.amazon.com/<service>/pricing. */
const dollarsPerMillion = {
  writeUnits: 0.625,
  readUnits: 0.125,
  /** Payload units of 25 kB; a shard costs 11 more a month, whatever goes through it. */
  kinesisPuts: 0.014,
  sqsRequests: 0.4,
  /** Requests alone; what an invocation costs by its time is some 1.7 for each 100 ms of 1 GB. */
  lambdaRequests: 0.2,
} as const;

export type Priced = keyof typeof dollarsPerMillion;
export type Counts = Readonly<Record<Priced, number>>;

/** Dollars for a million times what was counted. */
export function priceOf(counts: Counts): number {
  const names = Object.keys(dollarsPerMillion) as Priced[];
  return names.reduce((sum, name) => sum + counts[name] * dollarsPerMillion[name], 0);
}
