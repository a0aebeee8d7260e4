import * as fc from 'fast-check';
import { isMailAddress, ownerMail } from '../../../../core/webhooks/notices/owner-mail';
import { aNotice } from '../../../support/owner-notices';

describe('isMailAddress', () => {
  it.each([
    'ada@example.org\r\nBcc: eve@example.net',
    'ada@example.org\n',
    'ada@example.org,eve@example.net',
    'ada@example.org;eve@example.net',
    'Ada <ada@example.org>',
    '<ada@example.org>',
    '"a b"@example.org',
    'ada(comment)@example.org',
    'ada@eve@example.org',
    '=?utf-8?q?x?=@example.org',
    'ada@example.org ',
    'ada@[127.0.0.1]',
    'ada@localhost',
    'ada@exa_mple.org',
    'ada@-example.org',
    'ädä@example.org',
    '@example.org',
    '',
    `${'a'.repeat(65)}@example.org`,
    `ada@${'abcdefghi.'.repeat(26)}org`,
  ])('refuses %j', (text) => {
    expect(isMailAddress(text)).toBe(false);
  });

  it.each(['ada@example.org', "o'brien+hooks@mail.example.co.uk", 'a.b_c-d@EXAMPLE.org'])(
    'takes %j',
    (text) => {
      expect(isMailAddress(text)).toBe(true);
    },
  );

  it('takes no text with a character that separates or ends a header', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom(...'\r\n\t ,;:<>()[]"\\\0'),
        fc.string(),
        (a, character, b) => {
          expect(isMailAddress(`${a}${character}${b}@example.org`)).toBe(false);
          expect(isMailAddress(`ada@example.org${character}${b}`)).toBe(false);
        },
      ),
    );
  });
});

describe('ownerMail', () => {
  it('says which subscription was switched off, why, and how to switch it on', () => {
    expect(ownerMail(aNotice())).toEqual({
      subject: 'Subscription sub_1 was switched off',
      text: [
        'Subscription: sub_1',
        'Topic: webhooks/relation_added',
        'Time: 2026-11-20T10:00:00.000Z',
        '',
        'It was switched off: its deliveries failed as often, or for as long, as its disable rule allows.',
        '',
        'Events that come while it is off are skipped.',
        'What to do: repair the target. GET /v1/deliveries?subscription_id=sub_1 shows the attempts.',
        'Then switch the subscription on again: PATCH /v1/subscriptions/sub_1 with {"state": "active"}.',
        'That forgets its failures; its dead letters can be resent after it.',
        '',
        'You get this mail because your account owns the subscription and keeps this address.',
        '',
      ].join('\n'),
    });
  });

  it('tells a target that is gone from one that fails', () => {
    expect(ownerMail(aNotice({ what: { kind: 'disabled', reason: 'gone' } })).text).toContain('410 (gone)');
  });

  it('says how far a failing subscription is, and not that it is off', () => {
    const { subject, text } = ownerMail(aNotice({ what: { kind: 'failing', percent: 70 } }));
    expect(subject).toBe('Subscription sub_1 is failing (70 percent)');
    expect(text).toContain('70 percent of the way');
    expect(text).not.toMatch(/PATCH|was switched off/);
  });

  it('keeps whatever an id or a topic holds on its own line, without what steers a terminal', () => {
    const lines = ownerMail(aNotice()).text.split('\n').length;
    const hostile = fc.array(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\r\n', '\u2028', '\u202e', '\u001b[2J', '\0')),
    );
    fc.assert(
      fc.property(hostile, hostile, (id, topic) => {
        const mail = ownerMail(aNotice({ subscriptionId: id.join(''), topic: topic.join('') }));
        expect(mail.subject).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(mail.text.split('\n')).toHaveLength(lines);
        expect(mail.text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('cuts a topic that is long', () => {
    expect(ownerMail(aNotice({ topic: `manage/${'x'.repeat(5000)}` })).text.length).toBeLessThan(1000);
  });
});
