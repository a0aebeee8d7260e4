/** Every minute another item is the first: where the time of a tick is short, it is so for everybody. */
export function rotated<Item>(items: readonly Item[], now: Date): readonly Item[] {
  const first = Math.floor(now.getTime() / 60_000) % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}
