import fc from 'fast-check';
import { collectPeople } from '../../../core/person/collect-people';
import { listByConnectionMethod, listPeople, listPeopleByEmail } from '../../../core/person/list-people';
import { parsePageToken } from '../../../core/person/page-token';
import type { Profile } from '../../../core/person/profile';
import { makePeople } from '../../support/people';
import { profileWith } from '../../support/stored-profile';

const idOf = (profile: Profile) => String(profile.user_id.value);
const numbered = (count: number, values: (index: number) => Record<string, string | boolean | null>) =>
  Array.from({ length: count }, (_, index) =>
    profileWith({ user_id: `email|${String(index).padStart(5, '0')}`, active: true, ...values(index) }),
  );

/** Follows a list to its end. */
async function follow<Item>(
  page: (after: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next?: string }>,
) {
  const pages: (readonly Item[])[] = [];
  let next: string | undefined;
  do {
    const reply = await page(parsePageToken(next));
    pages.push(reply.items);
    next = reply.next;
  } while (next !== undefined && pages.length < 500);
  return pages;
}

describe('collectPeople', () => {
  it('shows everybody who matches once, in order, whatever the bounds', async () => {
    const bounds = fc.record({
      items: fc.integer({ min: 1, max: 30 }),
      rows: fc.integer({ min: 1, max: 30 }),
      rowsPerRead: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(bounds, fc.array(fc.boolean(), { maxLength: 40 }), async (limits, matching) => {
        const { directory, read } = makePeople(numbered(matching.length, () => ({})));
        const wanted = matching.flatMap((matches, index) =>
          matches ? [`email|${String(index).padStart(5, '0')}`] : [],
        );
        let before = 0;
        const pages = await follow(async (after) => {
          const page = await collectPeople(directory, limits, after, ({ userId }) =>
            wanted.includes(userId) ? userId : undefined,
          );
          // Rows of the read that passes the bound count, too.
          expect(read.rows - before).toBeLessThan(limits.rows + limits.rowsPerRead);
          before = read.rows;
          expect(page.items.length).toBeLessThanOrEqual(limits.items);
          return page;
        });
        expect(pages.flat()).toEqual(wanted);
      }),
    );
  });

  it('ends a page before the reply is too large, and unpacks one profile at a time', async () => {
    const { directory } = makePeople(numbered(10, () => ({})));
    const large = 'x"'.repeat(400_000);
    const bounds = { items: 100, rows: 100, rowsPerRead: 100 };
    const pages = await follow((after) =>
      collectPeople(directory, bounds, after, ({ userId }) => ({ userId, large })),
    );
    expect(pages.flat().map(({ userId }) => userId)).toHaveLength(10);
    for (const page of pages) {
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(page)))).toBeLessThan(5_100_000);
    }
    expect(pages.length).toBeGreaterThan(2);
  });

  it('goes on when the people of a place are gone', async () => {
    const people = numbered(10, () => ({}));
    const { directory } = makePeople(people.filter((_, index) => index !== 4));
    const bounds = { items: 3, rows: 100, rowsPerRead: 100 };
    const page = await collectPeople(directory, bounds, 'email|00004', ({ userId }) => userId);
    expect(page.items).toEqual(['email|00005', 'email|00006', 'email|00007']);
  });
});

describe('listPeople', () => {
  const people = numbered(250, (index) => ({ active: index % 10 === 0 ? false : index === 5 ? null : true }));

  it.each([
    ['active', 224],
    ['inactive', 26],
    ['any', 250],
  ] as const)('of those who are %s reads what it shows', async (activity, count) => {
    const { directory, read } = makePeople(people);
    const pages = await follow((after) => listPeople({ activity, after }, directory, idOf));
    expect(pages.flat()).toHaveLength(count);
    expect(new Set(pages.flat()).size).toBe(count);
    expect(pages).toHaveLength(3);
    expect(read.rows).toBe(250);
  });

  it('finds by e-mail without reading the list', async () => {
    const two = numbered(5, (index) => ({
      primary_email: index < 2 ? 'a@example.org' : `${index}@x`,
      active: index !== 1,
    }));
    const { reader, read } = makePeople(two);
    const page = (activity: 'active' | 'inactive') =>
      listPeopleByEmail({ primaryEmail: 'a@example.org', activity }, reader, idOf);
    expect(await page('active')).toEqual({ items: ['email|00000'] });
    expect(await page('inactive')).toEqual({ items: ['email|00001'] });
    expect(read.rows).toBe(0);
  });
});

describe('listByConnectionMethod', () => {
  const people = [
    ...numbered(2600, (index) => ({ uuid: `u${index}`, active: index % 100 !== 0 })),
    profileWith({ user_id: 'oauth2|firefoxaccounts|1', active: true }),
    profileWith({ user_id: 'oauth2|other|1', active: true }),
  ];

  it.each([
    ['email', 'active', 2574],
    ['email', 'inactive', 26],
    ['email', 'any', 2600],
    ['oauth2|firefoxaccounts', 'any', 1],
    ['oauth2', 'any', 2],
    ['github', 'any', 0],
  ] as const)(
    'of %s and %s tells of everybody, once, in bounded reads',
    async (connectionMethod, activity, count) => {
      const { directory, read } = makePeople(people);
      let before = 0;
      const pages = await follow(async (after) => {
        const page = await listByConnectionMethod({ connectionMethod, activity, after }, directory);
        expect(read.rows - before).toBeLessThanOrEqual(5000);
        before = read.rows;
        return page;
      });
      const ids = pages.flat().map(({ user_id }) => user_id);
      expect(new Set(ids).size).toBe(count);
      expect(ids).toHaveLength(count);
    },
  );

  it('refuses a place in another list', async () => {
    const { directory } = makePeople(people);
    const page = { connectionMethod: 'ad', activity: 'any', after: 'email|00001' } as const;
    await expect(listByConnectionMethod(page, directory)).rejects.toMatchObject({
      code: 'parameter_invalid',
    });
  });
});
