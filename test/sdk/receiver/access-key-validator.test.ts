import { inspect } from 'node:util';
import { AccessKeyValidator, EventHandler, type SubtlePrimitives } from '../../../sdk/receiver';
import { accessKeys, connectionString, makeEvent, signConnection } from '../../support/web-pubsub-events';

const { primary, secondary } = accessKeys;

async function isValid(
  validator: AccessKeyValidator,
  headers: Record<string, string | undefined>,
): Promise<boolean> {
  const handler = new EventHandler({ handleConnect: () => undefined, requestValidator: validator });
  const { status } = await handler.handle(makeEvent('sys.connect', { headers }).headers, '{}');
  expect([204, 401]).toContain(status);
  return status === 204;
}

describe('the signature', () => {
  it('of the contract is that of both keys', async () => {
    const vector =
      'sha256=c7daa6d068b95ccd748b9d7dad217cd6a174e87b228ba5df32d467d4ba277dcb,sha256=4cbcbc2cfcb044b92284a929948b4aacd27cc76ae48f92545ec745b9f258093f';
    expect(signConnection('conn-0001', [primary, secondary])).toBe(vector);
    for (const key of [primary, secondary]) {
      expect(await isValid(new AccessKeyValidator(connectionString(key)), { 'ce-signature': vector })).toBe(
        true,
      );
    }
  });

  const good = signConnection('conn-0001', [primary]);
  it.each([
    ['in upper case', good.toUpperCase().replace('SHA256', 'sha256'), true],
    ['in a list with spaces', `sha256=00 , ${good} `, true],
    ['beside another algorithm', `sha512=${'0'.repeat(128)},${good}`, true],
    ['missing', undefined, false],
    ['empty', '', false],
    ['of another key', signConnection('conn-0001', ['other']), false],
    ['of another connection', signConnection('conn-0002', [primary]), false],
    ['cut short', good.slice(0, -2), false],
    ['too long', `${good}00`, false],
    ['with one digit changed', good.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')), false],
    ['without its algorithm', good.slice('sha256='.length), false],
    ['of another algorithm', good.replace('sha256', 'sha1'), false],
    ['no hexadecimal', `sha256=${'g'.repeat(64)}`, false],
  ])('%s', async (_, signature, expected) => {
    expect(await isValid(new AccessKeyValidator(connectionString()), { 'ce-signature': signature })).toBe(
      expected,
    );
  });

  it('must be by a key of the origin that the request names', async () => {
    const validator = new AccessKeyValidator([
      connectionString(),
      'Endpoint=https://other.example.org;AccessKey=k2',
    ]);
    const by = (origin: string, key: string) =>
      isValid(validator, {
        'WebHook-Request-Origin': origin,
        'ce-signature': signConnection('conn-0001', [key]),
      });
    expect(await by('other.example.org', 'k2')).toBe(true);
    expect(await by('OTHER.example.org, x', 'k2')).toBe(true);
    expect(await by('other.example.org', primary)).toBe(false);
    expect(await by('unknown.example.org', primary)).toBe(false);
  });

  it('may be by any of several keys of one service', async () => {
    const validator = new AccessKeyValidator([connectionString('old'), connectionString('new')]);
    for (const [key, expected] of [
      ['old', true],
      ['new', true],
      ['older', false],
    ] as const) {
      expect(await isValid(validator, { 'ce-signature': signConnection('conn-0001', [key]) })).toBe(expected);
    }
  });

  it('is compared by the primitive that takes constant time: each with each key, also after one has fitted', async () => {
    const verify = jest.spyOn(globalThis.crypto.subtle, 'verify');
    const validator = new AccessKeyValidator([connectionString(), connectionString('k2')]);
    const signatures = `${good},${signConnection('conn-0001', ['x'])},${signConnection('conn-0001', ['y'])}`;
    expect(await isValid(validator, { 'ce-signature': signatures })).toBe(true);
    expect(verify).toHaveBeenCalledTimes(6);
    verify.mockClear();
    expect(
      await isValid(validator, {
        'ce-signature': signatures.replace(good, signConnection('conn-0001', ['z'])),
      }),
    ).toBe(false);
    expect(verify).toHaveBeenCalledTimes(6);
    verify.mockRestore();
  });

  it('takes a primitive that is handed in', async () => {
    const subtle: SubtlePrimitives = { importKey: async () => 'key', verify: jest.fn(async () => true) };
    expect(
      await isValid(new AccessKeyValidator(connectionString(), { subtle }), {
        'ce-signature': `sha256=${'0'.repeat(64)}`,
      }),
    ).toBe(true);
  });
});

describe('connection strings', () => {
  it.each([
    ['https://svc.example.org', 'svc.example.org'],
    ['https://SVC.example.org:8080/', 'svc.example.org:8080'],
    ['foo.bar', 'foo.bar'],
    ['http://localhost:8888/path?x=y', 'localhost:8888'],
  ])('name the host %s', (endpoint, host) => {
    const validator = new AccessKeyValidator(
      `AccessKey=a=b==;endpoint=${endpoint};endpoint=second.example.org;Version=1.0;`,
    );
    expect([
      validator.contains(host),
      validator.contains(host.toUpperCase()),
      validator.contains('second.example.org'),
    ]).toEqual([true, true, false]);
  });

  it('may have a key with an equals sign in it', async () => {
    const validator = new AccessKeyValidator('Endpoint=service.example.org;AccessKey=a=b==');
    expect(await isValid(validator, { 'ce-signature': signConnection('conn-0001', ['a=b==']) })).toBe(true);
  });

  it.each([
    ['Endpoint=a', /accesskey/],
    ['AccessKey=hunter2', /endpoint/],
    ['Endpoint=a;hunter2', /Malformed/],
    ['Endpoint=a;AccessKey=', /empty/],
    ['', /endpoint/],
  ])('that cannot be used are refused without showing the key: %s', (text, message) => {
    expect(() => new AccessKeyValidator(text)).toThrow(message);
    expect(() => new AccessKeyValidator(text)).not.toThrow(/hunter2/);
  });

  it('with an empty key are believed only where that is permitted', async () => {
    const validator = new AccessKeyValidator('Endpoint=service.example.org;AccessKey=', {
      allowEmptyKeys: true,
    });
    expect(await isValid(validator, { 'ce-signature': undefined })).toBe(true);
    expect(await isValid(validator, { 'WebHook-Request-Origin': 'other', 'ce-signature': undefined })).toBe(
      false,
    );
  });

  it('must be there: a validator that checks nothing is none', () => {
    expect(() => new AccessKeyValidator([])).toThrow('no connection string');
  });

  it('are not in what a log shows of the validator', () => {
    const validator = new AccessKeyValidator(connectionString('hunter2'));
    expect(inspect(validator, { depth: 9, showHidden: true }) + JSON.stringify(validator)).not.toContain(
      'hunter2',
    );
  });
});
