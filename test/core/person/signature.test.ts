import { constants, createHmac, sign as rawSign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { parsePublisherKeys } from '../../../core/person/keys';
import type { Attribute, StringAttribute } from '../../../core/person/profile';
import { signAttribute, verifyAttribute } from '../../../core/person/signature';
import { claimed, makePublishers } from '../../support/publishers';

const { context, signingKeys } = makePublishers();
const keys = context.publisherKeys;
const ldap = { name: 'ldap', key: signingKeys.ldap } as const;

const attribute = claimed('first_name', {
  publisher: 'ldap',
  content: 'Ana é中 😀 \u007f"\\/',
}) as StringAttribute;
const signed = signAttribute(attribute, ldap);
const jws = signed.signature.publisher.value;

const withJws = (value: string, of: Attribute = signed): Attribute => ({
  ...of,
  signature: { ...of.signature, publisher: { ...of.signature.publisher, value } },
});
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const [header = '', payload = '', mark = ''] = jws.split('.');

/** A real signature of ldap over whatever is given. */
function forge(head: unknown, body: string): string {
  const text = `${encode(head)}.${body}`;
  return `${text}.${rawSign('sha256', Buffer.from(text), signingKeys.ldap).toString('base64url')}`;
}

describe('verifyAttribute refuses', () => {
  it('no signature at all', () => {
    expect(verifyAttribute(attribute, keys)).toBe('unsigned');
  });

  it.each(['none', 'None', 'HS256', 'RS384', 'PS256', 'ES256', '', null, ['RS256'], { RS256: 1 }])(
    'the algorithm %j, even under a signature of the publisher',
    (alg) => {
      expect(verifyAttribute(withJws(forge({ alg, typ: 'JWT' }, payload)), keys)).toBe('malformed');
    },
  );

  it('alg none without a signature', () => {
    expect(verifyAttribute(withJws(`${encode({ alg: 'none' })}.${payload}.`), keys)).toBe('malformed');
  });

  it('HS256 with the public key as its secret', () => {
    const pem = keys.get('ldap')?.[0]?.export({ type: 'spki', format: 'pem' }) as string;
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${payload}`;
    const hmac = createHmac('sha256', pem).update(text).digest('base64url');
    expect(verifyAttribute(withJws(`${text}.${hmac}`), keys)).toBe('malformed');
    expect(verifyAttribute(withJws(`${header}.${payload}.${hmac}`), keys)).toBe('mismatch');
  });

  it('RSA-PSS under the name of RS256', () => {
    const text = `${header}.${payload}`;
    const pss = rawSign('sha256', Buffer.from(text), {
      key: signingKeys.ldap,
      padding: constants.RSA_PKCS1_PSS_PADDING,
    });
    expect(verifyAttribute(withJws(`${text}.${pss.toString('base64url')}`), keys)).toBe('mismatch');
  });

  it('extensions that must be understood', () => {
    const critical = forge({ alg: 'RS256', crit: ['b64'], b64: false }, payload);
    expect(verifyAttribute(withJws(critical), keys)).toBe('malformed');
  });

  it.each([
    '',
    '.',
    '..',
    '...',
    'a.b.c',
    header,
    `${header}.${payload}`,
    `${jws}.`,
    `${jws}.${mark}`,
    ` ${jws}`,
    `${jws}\n`,
    `${jws}=`,
    `${encode('text')}.${payload}.${mark}`,
    `${encode(null)}.${payload}.${mark}`,
    `${encode([{ alg: 'RS256' }])}.${payload}.${mark}`,
    'x'.repeat(100_000),
  ])('what is no signature: %#', (text) => {
    expect(['malformed', 'unsigned']).toContain(verifyAttribute(withJws(text), keys));
  });

  it('a signed payload that is no JSON', () => {
    const text = Buffer.from('not json').toString('base64url');
    expect(verifyAttribute(withJws(forge({ alg: 'RS256' }, text)), keys)).toBe('mismatch');
  });

  it('the name of another publisher, or of none that is known', () => {
    const renamed = (name: string) => {
      const publisher = { ...signed.signature.publisher, name };
      return { ...signed, signature: { ...signed.signature, publisher } } as Attribute;
    };
    expect(verifyAttribute(renamed('hris'), keys)).toBe('mismatch');
    for (const name of ['eve', '__proto__', 'constructor', 'toString']) {
      expect(verifyAttribute(renamed(name), keys)).toBe('unknown_publisher');
    }
  });

  it.each<[string, object]>([
    ['value', { value: 'Eve' }],
    ['value of another type', { value: null }],
    ['display', { metadata: { ...signed.metadata, display: 'public' } }],
    ['verified', { metadata: { ...signed.metadata, verified: false } }],
    ['classification', { metadata: { ...signed.metadata, classification: 'INDIVIDUAL CONFIDENTIAL' } }],
    ['times', { metadata: { ...signed.metadata, last_modified: '2030-01-01T00:00:00Z' } }],
    ['metadata that has more', { metadata: { ...signed.metadata, more: 1 } }],
    ['metadata that has less', { metadata: { display: null } }],
  ])('another %s than was signed', (_, change) => {
    expect(verifyAttribute({ ...signed, ...change } as Attribute, keys)).toBe('mismatch');
  });

  it('any one character that was changed in the signature', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= ';
    fc.assert(
      fc.property(fc.nat(jws.length - 1), fc.constantFrom(...alphabet), (index, character) => {
        fc.pre(jws[index] !== character);
        const flipped = `${jws.slice(0, index)}${character}${jws.slice(index + 1)}`;
        expect(verifyAttribute(withJws(flipped), keys)).not.toBe('verified');
      }),
      { numRuns: 500 },
    );
  });

  it('every other last character, whose spare bits a lenient decoder would drop', () => {
    for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
      const verdict = verifyAttribute(withJws(`${jws.slice(0, -1)}${last}`), keys);
      expect([last, verdict === 'verified']).toEqual([last, last === jws.at(-1)]);
    }
  });

  it('any one character that was changed in the value', () => {
    const { value } = signed;
    fc.assert(
      fc.property(
        fc.nat((value?.length ?? 1) - 1),
        fc.string({ minLength: 1, maxLength: 1 }),
        (index, unit) => {
          fc.pre(value?.[index] !== unit);
          const flipped = `${value?.slice(0, index)}${unit}${value?.slice(index + 1)}`;
          expect(verifyAttribute({ ...signed, value: flipped }, keys)).toBe('mismatch');
        },
      ),
    );
  });
});

describe('verifyAttribute takes', () => {
  it('the same JSON in another order and with other spaces and escapes', () => {
    const { value, metadata } = attribute;
    const reordered = { value, metadata: Object.fromEntries(Object.entries(metadata).reverse()) };
    const text = Buffer.from(JSON.stringify(reordered, null, 2)).toString('base64url');
    expect(verifyAttribute(withJws(forge({ typ: 'JWT', kid: 'k', alg: 'RS256' }, text)), keys)).toBe(
      'verified',
    );
  });

  it('1.0 for 1, and not true for 1', () => {
    const hris = claimed('access_information.hris', { publisher: 'ldap', content: { id: 1 } });
    const sealed = (number: string) => {
      const { signature: _, ...rest } = hris;
      const text = JSON.stringify(rest).replace('"id":1', `"id":${number}`);
      return withJws(forge({ alg: 'RS256' }, Buffer.from(text).toString('base64url')), hris);
    };
    expect(verifyAttribute(sealed('1.0'), keys)).toBe('verified');
    expect(verifyAttribute(sealed('true'), keys)).toBe('mismatch');
  });

  it('any key of the publisher, so that keys can be rotated', () => {
    const both = new Map([['ldap', [...(keys.get('hris') ?? []), ...(keys.get('ldap') ?? [])]]]);
    expect(verifyAttribute(signed, both)).toBe('verified');
  });

  it('whatever signAttribute signs', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (values) => {
        fc.pre(values !== null);
        // As it arrives: over the wire.
        const sent = JSON.parse(
          JSON.stringify(claimed('tags', { publisher: 'ldap', content: values as string })),
        );
        const received = JSON.parse(JSON.stringify(signAttribute(sent, ldap)));
        expect(verifyAttribute(received, keys)).toBe('verified');
      }),
      { numRuns: 100 },
    );
  });

  it('what the original has signed, and not what was forged from it', () => {
    const vector = (name: string) =>
      JSON.parse(readFileSync(path.join(__dirname, `../../vectors/${name}.json`), 'utf8'));
    const upstream = parsePublisherKeys(vector('publishers_jwks'));
    expect(verifyAttribute(vector('create-by-ldap').first_name, upstream)).toBe('verified');
    expect(verifyAttribute(vector('update-by-hris').access_information.hris, upstream)).toBe('verified');
    expect(verifyAttribute(vector('forged-value').first_name, upstream)).toBe('mismatch');
    expect(verifyAttribute(vector('wrong-publisher-name').first_name, upstream)).toBe('mismatch');
  });
});

describe('signAttribute', () => {
  it('writes the JSON of the original: as inserted, no spaces, ASCII only', () => {
    const text = Buffer.from(payload, 'base64url').toString();
    expect(text).toMatch(/^\{"metadata":\{"classification":"PUBLIC",/);
    expect(text).toContain('"value":"Ana \\u00e9\\u4e2d \\ud83d\\ude00 \\u007f\\"\\\\/"');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ alg: 'RS256', typ: 'JWT' });
  });

  it('names the publisher and leaves the rest', () => {
    expect(signed).toEqual(withJws(jws, attribute));
    expect(signed.signature.additional).toEqual(attribute.signature.additional);
  });
});
