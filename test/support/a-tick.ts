/** What a scheduled function is invoked with: an event that says nothing, and a minute's time. */
export const aTick = [{}, { getRemainingTimeInMillis: () => 55_000 }] as const;
