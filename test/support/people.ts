import type { PersonDirectory, PersonReader, PersonSummary } from '../../core/person/ports';
import type { Profile } from '../../core/person/profile';

/** A vault of people in memory, as a reader and as a list; it counts the rows that it reads. */
export function makePeople(profiles: readonly Profile[]) {
  const ids = profiles.map(({ user_id }) => String(user_id.value));
  const read = { rows: 0, calls: 0 };
  const reader: PersonReader = {
    findUserIds: async (by, value) => ids.filter((_, index) => profiles[index]?.[by].value === value),
    readProfile: async (userId) => profiles[ids.indexOf(userId)],
  };
  const directory: PersonDirectory = {
    async readProfiles({ after, limit }) {
      // Like the real one, it goes on from users who are gone.
      const order = [...ids].sort();
      const rows = order.filter((id) => after === undefined || id > after).slice(0, limit);
      read.calls += 1;
      read.rows += rows.length;
      return {
        items: rows.map((userId) => ({ userId, open: () => profiles[ids.indexOf(userId)] as Profile })),
        last: rows.at(-1) === order.at(-1) ? undefined : rows.at(-1),
      };
    },
    async readSummaries({ prefix, active, after, limit }) {
      const order = ids.filter((id) => id.startsWith(prefix)).sort();
      const rows = order.filter((id) => after === undefined || id > after).slice(0, limit);
      read.calls += 1;
      read.rows += rows.length;
      const items = rows
        .map((userId) => summaryOf(profiles[ids.indexOf(userId)] as Profile))
        .filter((summary) => active === undefined || summary.active === active);
      return { items, last: rows.at(-1) === order.at(-1) ? undefined : rows.at(-1) };
    },
  };
  return { reader, directory, read };
}

function summaryOf({ uuid, user_id, primary_email, active }: Profile): PersonSummary {
  return {
    uuid: uuid.value,
    user_id: String(user_id.value),
    primary_email: primary_email.value,
    active: active.value === true,
  };
}
