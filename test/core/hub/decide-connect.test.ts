import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type ConnectQuestion, decideConnect } from '../../../core/hub/decide-connect';
import { hubsSchema } from '../../../core/hub/hub-schema';

const nobody: ConnectQuestion = {
  claims: {},
  query: {},
  clientHeaders: {},
  subprotocols: [],
  clientCertificates: [],
  userId: undefined,
};
const ada = { ...nobody, userId: 'ada' };
const decide = (settings: object, question: Partial<ConnectQuestion> = {}) =>
  decideConnect({ ...ada, ...question }, hubsSchema.parse({ chat: settings }).chat!);
/** Whether a rule with these conditions lets in. */
const fits = (when: object, question: Partial<ConnectQuestion>) =>
  decide({ rules: [{ when, allow: {} }] }, question).outcome === 'allowed';

describe('a hub without rules', () => {
  it('takes whom the service knows, and nobody else', () => {
    expect(decide({})).toMatchObject({ outcome: 'allowed', gift: {} });
    expect(decide({}, { userId: undefined })).toEqual({
      outcome: 'refused',
      rule: 0,
      status: 401,
      text: 'this hub takes no anonymous clients: connect with a token that names a user',
    });
  });

  it('takes anonymous clients where it says so', () => {
    expect(decide({ anonymous: true }, { userId: undefined })).toMatchObject({
      outcome: 'allowed',
      gift: {},
    });
  });
});

describe('rules', () => {
  const banned = { when: { claims: { role: { equals: 'banned' } } }, deny: { status: 403, text: 'go away' } };
  const writers = {
    when: { claims: { role: { oneOf: ['writer', 'editor'] } } },
    allow: { groups: ['lobby'] },
  };

  it('are matched in order, and the first that fits decides', () => {
    const settings = { rules: [banned, writers] };
    expect(decide(settings, { claims: { role: ['writer'] } })).toMatchObject({
      rule: 1,
      gift: { groups: ['lobby'] },
    });
    expect(decide(settings, { claims: { role: ['writer', 'banned'] } })).toEqual({
      outcome: 'refused',
      rule: 0,
      status: 403,
      text: 'go away',
    });
    expect(decide({ rules: [writers, banned] }, { claims: { role: ['writer', 'banned'] } })).toMatchObject({
      rule: 0,
      outcome: 'allowed',
    });
  });

  it('refuse whom none fits: 401 who is not known, 403 who is', () => {
    const settings = { anonymous: true, rules: [writers] };
    const text = 'no rule of this hub lets this client connect';
    expect(decide(settings, { userId: undefined })).toEqual({ outcome: 'refused', status: 401, text });
    expect(decide(settings)).toEqual({ outcome: 'refused', status: 403, text });
    expect(decide(settings, { userId: undefined, claims: { role: ['guest'] } })).toMatchObject({
      status: 403,
    });
    expect(decide({ rules: [] })).toMatchObject({ outcome: 'refused' });
  });

  it('look at claims, query, headers, subprotocols, certificates and the user', () => {
    const claims = { role: ['reader', 'writer'] };
    expect(fits({ claims: { role: { equals: 'writer' } } }, { claims })).toBe(true);
    expect(fits({ claims: { role: { equals: 'Writer' } } }, { claims })).toBe(false);
    expect(fits({ claims: { Role: { equals: 'writer' } } }, { claims })).toBe(false);
    expect(fits({ claims: { role: { present: true } } }, { claims })).toBe(true);
    expect(fits({ claims: { role: { present: false } } }, { claims })).toBe(false);
    expect(fits({ claims: { other: { present: false } } }, { claims })).toBe(true);
    expect(fits({ claims: { other: { present: true } } }, { claims })).toBe(false);
    expect(fits({ query: { room: { equals: '1' } } }, { query: { room: ['1'] } })).toBe(true);
    expect(
      fits({ headers: { Origin: { equals: 'https://a' } } }, { clientHeaders: { ORIGIN: ['https://a'] } }),
    ).toBe(true);
    expect(fits({ subprotocols: { oneOf: ['a', 'b'] } }, { subprotocols: ['b'] })).toBe(true);
    expect(fits({ subprotocols: { present: true } }, {})).toBe(false);
    const clientCertificates = [{ thumbprint: 'abcdef01' }];
    expect(fits({ certificates: { equals: 'AB:CD:EF:01' } }, { clientCertificates })).toBe(true);
    expect(fits({ certificates: { oneOf: ['AB:CD:EF:02'] } }, { clientCertificates })).toBe(false);
    expect(fits({ userId: { oneOf: ['ada', 'lin'] } }, {})).toBe(true);
    expect(fits({ userId: { equals: 'ada' } }, { userId: undefined })).toBe(false);
  });

  it('fit only where all of their conditions do', () => {
    const when = { claims: { a: { equals: '1' }, b: { equals: '2' } }, query: { c: { present: true } } };
    const all = { claims: { a: ['1'], b: ['2'] }, query: { c: [''] } };
    expect(fits(when, all)).toBe(true);
    expect(fits(when, { ...all, query: {} })).toBe(false);
    expect(fits(when, { ...all, claims: { a: ['1'] } })).toBe(false);
  });

  it('take no name of every object for a claim', () => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty']) {
      expect(fits({ claims: { [name]: { present: true } } }, {})).toBe(false);
      expect(fits({ query: { [name]: { present: true } } }, {})).toBe(false);
    }
    expect(
      decide(
        { anonymous: false, rules: [{ allow: { userId: { claim: 'constructor' } } }] },
        { userId: undefined },
      ),
    ).toMatchObject({ status: 401 });
  });

  it('give groups, roles, a user and a state, and choose only what the client offers', () => {
    const allow = {
      groups: ['a', 'b'],
      roles: ['webpubsub.sendToGroup.a'],
      userId: { claim: 'sub' },
      subprotocols: ['json.webpubsub.azure.v1', 'mine'],
      state: { tier: 'gold' },
    };
    const settings = { rules: [{ allow }] };
    const claims = { sub: ['lin'] };
    const given = { groups: ['a', 'b'], roles: ['webpubsub.sendToGroup.a'], userId: 'lin' };
    expect(decide(settings, { claims, subprotocols: ['mine', 'json.webpubsub.azure.v1'] })).toEqual({
      outcome: 'allowed',
      rule: 0,
      gift: { ...given, subprotocol: 'json.webpubsub.azure.v1' },
      state: { tier: 'gold' },
    });
    expect(decide(settings, { claims, subprotocols: ['mine'] })).toMatchObject({
      gift: { subprotocol: 'mine' },
    });
    expect(decide(settings, { claims, subprotocols: ['other'] })).toMatchObject({ gift: given });
    expect(decide(settings, { claims, subprotocols: ['other'] })).not.toHaveProperty('gift.subprotocol');
    // Without the claim the service's own user stays.
    expect(decide(settings)).not.toHaveProperty('gift.userId');
  });

  it.each(['', 'a\nb', 'a\u0000', 'x'.repeat(1025), '\ud800'])(
    'refuse a claim that is no user id: %j',
    (sub) => {
      const settings = { rules: [{ allow: { userId: { claim: 'sub' } } }] };
      expect(decide(settings, { claims: { sub: [sub] } })).toMatchObject({ outcome: 'refused', status: 403 });
    },
  );

  it('never choose a subprotocol that was not offered, whatever is offered', () => {
    const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd'));
    fc.assert(
      fc.property(names, names, (offered, wanted) => {
        const decision = decide({ rules: [{ allow: { subprotocols: wanted } }] }, { subprotocols: offered });
        const chosen = decision.outcome === 'allowed' ? decision.gift.subprotocol : undefined;
        expect(chosen).toBe(wanted.find((one) => offered.includes(one)));
      }),
    );
  });

  it('let nobody in who is neither known nor allowed as anonymous', () => {
    const values = fc.record({
      claims: fc.dictionary(fc.constantFrom('sub', 'role'), fc.array(fc.constantFrom('a', 'b'))),
      query: fc.dictionary(fc.constantFrom('sub', 'role'), fc.array(fc.constantFrom('a', 'b'))),
    });
    fc.assert(
      fc.property(values, fc.constantFrom('claims', 'query'), (question, where) => {
        const rules = [
          { when: { [where]: { role: { equals: 'a' } } }, allow: {} },
          { deny: { status: 403 } },
        ];
        expect(decide({ rules }, { ...question, userId: undefined }).outcome).toBe('refused');
      }),
    );
  });
});

describe('the settings of a hub', () => {
  it.each([
    [{ chat: { rule: [] } }, 'Unrecognized key'],
    [{ chat: { rules: [{}] } }, 'either "allow" or "deny"'],
    [{ chat: { rules: [{ allow: {}, deny: { status: 403 } }] } }, 'either "allow" or "deny"'],
    [{ chat: { rules: [{ deny: { status: 200 } }] } }, '401 or 403'],
    [{ chat: { rules: [{ deny: { status: 500 } }] } }, '401 or 403'],
    [{ chat: { rules: [{ when: { claim: {} }, allow: {} }] } }, 'Unrecognized key'],
    [{ chat: { rules: [{ when: { claims: { a: {} } }, allow: {} }] } }, 'expected one of'],
    [
      { chat: { rules: [{ when: { claims: { a: { equals: 'b', present: true } } }, allow: {} }] } },
      'expected one of',
    ],
    [{ chat: { allowedOrigins: ['https://a.example/path'] } }, 'host of a service'],
    [{ chat: { allowedOrigins: ['a b'] } }, 'host of a service'],
    [{ chat: { allowedRate: 0 } }, 'Too small'],
    [{ chat: { rules: [{ allow: { state: { a: 'é'.repeat(3100) } } }] } }, 'at most 6144 bytes'],
    [{ 'a/b': {} }, 'name of a hub'],
    [{ '': {} }, 'name of a hub'],
    [{ chat: {}, Chat: {} }, 'case'],
  ])('refuse %j', (value, reason) => {
    const parsed = hubsSchema.safeParse(value);
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(JSON.stringify(reason).slice(1, -1));
  });
});

describe('the example of docs/hubs.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/hubs.md'), 'utf8');
  const [, example = ''] = /```json\n(\{\n {2}"hubs"[\s\S]*?)```/.exec(page) ?? [];
  const { chat, public: open } = hubsSchema.parse(JSON.parse(example).hubs);

  it('decides as the page says', () => {
    const ask = (question: Partial<ConnectQuestion>, settings = chat!) =>
      decideConnect({ ...ada, ...question }, settings);
    expect(ask({ claims: { role: ['writer', 'banned'] }, query: { room: ['1'] } })).toMatchObject({
      status: 403,
      text: 'you are banned',
    });
    expect(ask({ claims: { role: ['editor'], sub: ['lin'] }, query: { room: [''] } })).toMatchObject({
      gift: { groups: ['lobby'], roles: ['webpubsub.sendToGroup.lobby'], userId: 'lin' },
      state: { tier: 'gold' },
    });
    expect(ask({ claims: { role: ['editor'] } })).toMatchObject({ outcome: 'allowed', gift: {} });
    expect(ask({ userId: undefined })).toMatchObject({ outcome: 'refused', status: 401 });
    expect(ask({ userId: undefined }, open!)).toMatchObject({ outcome: 'allowed' });
  });
});
