/** Runs `make` at the first call and keeps what it made: a cold start pays only for what it uses. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
