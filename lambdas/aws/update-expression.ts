/** Attribute → its new value; `null` removes it, `undefined` leaves it as it is. */
export type Assignments = Readonly<Record<string, unknown>>;

export interface BuiltUpdate {
  readonly expression: string;
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
}

/** The expression that assigns attributes of one row; every name is aliased, because many are reserved words. */
export function buildUpdate(assignments: Assignments): BuiltUpdate {
  const given = Object.entries(assignments).filter(([, value]) => value !== undefined);
  const set = given.filter(([, value]) => value !== null).map(([name]) => `#${name} = :${name}`);
  const removed = given.filter(([, value]) => value === null).map(([name]) => `#${name}`);
  return {
    expression: [
      set.length > 0 ? `SET ${set.join(', ')}` : '',
      removed.length > 0 ? `REMOVE ${removed.join(', ')}` : '',
    ]
      .filter((clause) => clause !== '')
      .join(' '),
    names: Object.fromEntries(given.map(([name]) => [`#${name}`, name])),
    values: Object.fromEntries(
      given.filter(([, value]) => value !== null).map(([name, value]) => [`:${name}`, value]),
    ),
  };
}
