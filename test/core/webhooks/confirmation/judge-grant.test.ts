import fc from 'fast-check';
import { judgeGrant, readAllowedRate } from '../../../../core/webhooks/confirmation/judge-grant';

const asked = { origin: 'api.example:8443', legacyGrant: false };
const judge = (allowedOrigin: string | undefined, more: object = {}, by: object = {}) =>
  judgeGrant(
    { status: 200, ...(allowedOrigin !== undefined && { allowedOrigin }), ...more },
    { ...asked, ...by },
  );
const withheld = (failure: string) => ({ outcome: 'withheld', failure });

describe('judgeGrant', () => {
  it.each([
    '*',
    'api.example:8443',
    'API.Example:8443',
    ' * ',
    'evil, api.example:8443',
    '*, evil',
    'evil,*',
    'evil, *',
  ])('takes %j for a grant', (origin) => {
    expect(judge(origin)).toEqual({ outcome: 'granted' });
  });

  it.each([
    'evil',
    '',
    ',',
    'api.example',
    'api.example:84430',
    'xapi.example:8443',
    '*.example:8443',
    '**',
    'null',
  ])('takes %j for another’s', (origin) => {
    expect(judge(origin)).toEqual(withheld('other_origin'));
  });

  it('goes by the header, not by the status; 405 and a redirect are no answers', () => {
    expect(judge(undefined)).toEqual(withheld('no_grant'));
    expect(judge(undefined, { status: 204 })).toEqual(withheld('no_grant'));
    for (const status of [200, 204, 400, 404, 500]) {
      expect(judge('*', { status })).toEqual({ outcome: 'granted' });
    }
    for (const status of [301, 302, 307, 308, 405]) {
      expect(judge('*', { status })).toEqual(withheld(`status_${status}`));
    }
  });

  it('takes what the Python library grants by where the owner says so', () => {
    const legacyGrant = true;
    expect(judge(undefined, { requestOrigin: '*' })).toEqual(withheld('no_grant'));
    expect(judge(undefined, { requestOrigin: '*' }, { legacyGrant })).toEqual({ outcome: 'granted' });
    // Whoever repeats what they were asked with agrees to nothing.
    expect(judge(undefined, { requestOrigin: asked.origin }, { legacyGrant })).toEqual(withheld('no_grant'));
    expect(judge(undefined, { requestOrigin: '*', status: 400 }, { legacyGrant })).toEqual(
      withheld('no_grant'),
    );
    expect(judge('evil', {}, { legacyGrant })).toEqual(withheld('other_origin'));
  });

  it('takes the rate with the grant, and no grant with a rate that is none', () => {
    expect(judge('*', { allowedRate: '120' })).toEqual({ outcome: 'granted', ratePerMinute: 120 });
    expect(judge('*', { allowedRate: '*' })).toEqual({ outcome: 'granted' });
    expect(judge('*', { allowedRate: '0' })).toEqual(withheld('rate_invalid'));
  });

  it('never grants to who is not named', () => {
    const item = fc.string({ maxLength: 20 }).filter((text) => !/\*|api\.example:8443/i.test(text));
    fc.assert(
      fc.property(fc.array(item), fc.integer({ min: 100, max: 599 }), (items, status) => {
        expect(judge(items.join(','), { status }).outcome).toBe('withheld');
      }),
    );
  });
});

describe('readAllowedRate', () => {
  it.each<readonly [string | undefined, number | string | undefined]>([
    ['100', 100],
    [' 100 ', 100],
    ['100, 20', 20],
    ['*, 20', 20],
    ['*', undefined],
    [undefined, undefined],
    ...['0', '00', '01', '-1', '+1', '1.5', '1e3', 'fast', '', ',', '10,', '1 0', '1'.repeat(10)].map(
      (text) => [text, 'invalid'] as const,
    ),
  ])('reads %j as %s', (text, rate) => {
    expect(readAllowedRate(text)).toBe(rate);
  });
});
