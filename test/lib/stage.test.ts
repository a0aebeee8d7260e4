import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseOverrides, type SettingOverrides, SettingsError, settingKeys } from '../../lib/settings';
import { parseStageName, stageSettings } from '../../lib/stage';
import { stageNames } from '../../lib/stage-defaults';

const identity = {
  issuer: 'https://id.acme.io/',
  jwksUri: 'https://id.acme.io/jwks',
  audience: 'changewire',
};

describe('parseOverrides', () => {
  it('names an unknown key, where it was, and the known ones', () => {
    const attempt = () => parseOverrides({ verifyTokenz: true }, 'my.json');
    expect(attempt).toThrow(SettingsError);
    expect(attempt).toThrow(/my\.json: unknown setting "verifyTokenz"/);
    expect(attempt).toThrow(/verifyTokens/);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for unknown', (key) => {
    expect(() => parseOverrides(JSON.parse(`{"${key}": true}`))).toThrow(/unknown setting/);
  });

  it.each([null, [], 'verifyTokens', 7, true])('refuses %j, which is no object', (value) => {
    expect(() => parseOverrides(value)).toThrow(/expected a JSON object/);
  });

  it.each([
    ['verifyTokens', 'yes'],
    ['tickSeconds', 0],
    ['tickSeconds', 1.5],
    ['tickSeconds', 121],
    ['recoverySeconds', 180],
    ['deliveryConcurrency', 1],
    ['deliveryConcurrency', 1001],
    ['registrationToken', ''],
    ['allowPrivateTargets', ['10.0.0.0']],
    ['allowPrivateTargets', ['10.0.0.0/33']],
    ['allowPrivateTargets', ['::1/129']],
    ['allowPrivateTargets', ['localhost/8']],
    ['requireAuth', { person: true }],
    ['provisionedConcurrency', { 'no-such-function': 1 }],
    ['provisionedConcurrency', { 'submit-change': -1 }],
    ['localWorkers', 0],
    ['publicBaseUrl', 'not a url'],
    ['publicBaseUrl', 'javascript:alert(1)'],
    ['pubsub', { baseUrl: 'https://pubsub.example' }],
    ['pubsub', { project: 'p', baseUrl: 'pubsub.example' }],
    ['pubsub', { project: 'p', baseUrl: 'ftp://pubsub.example' }],
    ['pubsub', { project: 'p', baseUrl: 'https://user:hush@pubsub.example' }],
    ['pubsub', { project: 'p', baseUrl: 'https://pubsub.example/?a=b' }],
    ['pubsub', { project: 'p', idAttribute: 'googid' }],
    ['pubsub', { project: 'p', idAttribute: '' }],
    ['pubsub', { project: 'p', topic: 't' }],
    ['registrationToken', null],
    ['forwardProxy', 'proxy.acme.io:3128'],
    ['forwardProxy', 'socks5://proxy.acme.io'],
    ['forwardProxy', 'http://proxy.acme.io/path'],
    ['forwardProxy', 'http://user:hush@proxy.acme.io:3128'],
    ['forwardProxy', 'http://proxy.acme.io:99999'],
    ['targetArns', ['arn:aws:sqs:eu-central-1:123456789012:*']],
    ['targetArns', ['arn:aws:sqs:*:123456789012:orders']],
    ['targetArns', ['arn:aws:sqs:eu-central-1:*:orders']],
    ['targetArns', ['arn:*:sqs:eu-central-1:123456789012:orders']],
    ['targetArns', ['arn:aws:sqs:eu-central-1:123456789012:orders?']],
    ['targetArns', ['arn:aws:s3:::orders']],
    ['targetArns', ['arn:aws:lambda:eu-central-1:123456789012:function:orders']],
    ['targetArns', ['arn:aws:kinesis:eu-central-1:123456789012:orders']],
    ['targetArns', ['arn:aws:events:eu-central-1:123456789012:rule/orders']],
    ['targetArns', ['arn:aws:sqs:eu-central-1:1234:orders']],
    ['targetArns', ['arn:aws:sns:eu-central-1:123456789012:orders:a-subscription']],
    ['targetArns', ['orders']],
    ['targetArns', ['arn:aws:sns:::orders', 'arn:aws:sns:::orders']],
    ['targetArns', 'arn:aws:sns:::orders'],
    ['targetArns', Array.from({ length: 21 }, (_, index) => `arn:aws:sns:::orders${index}`)],
  ])('refuses %s = %j and names it', (key, value) => {
    expect(() => parseOverrides({ [key]: value })).toThrow(`the setting "${key}" is wrong`);
  });

  it('takes every key that the design names', () => {
    const every: Required<SettingOverrides> = {
      registrationToken: 'r',
      triggerToken: 't',
      tokenSecret: 's',
      publishersJwks: 'keys.json',
      publisherRules: 'rules.json',
      cisPrivateKey: 'cis.pem',
      verifySignatures: true,
      verifyPublishers: true,
      verifyTokens: true,
      ...identity,
      requireAuth: { topics: true },
      hubs: { chat: { anonymous: true } },
      hubKeys: { accessKeys: ['Endpoint=https://a.example;AccessKey=k;'] },
      allowPrivateTargets: ['10.0.0.0/8', '::1/128'],
      forwardProxy: 'http://proxy.acme.io:3128',
      targetArns: ['arn:aws:sqs:eu-central-1:123456789012:orders', 'arn:aws:sns:::orders'],
      notifyFrom: 'hub@acme.io',
      seedProfiles: 0,
      acceptUnknownTopics: false,
      dedupeTriggers: false,
      dedupeDays: 1,
      openRegistration: true,
      maxBulkMessages: 10,
      recoverySeconds: 1,
      tickSeconds: 60,
      v2WaitSeconds: 0,
      pubsub: {
        baseUrl: 'http://localhost:1/x',
        project: 'p',
        serviceAccount: 'a',
        idAttribute: 'message-id',
      },
      enhancedFanOut: true,
      publicBaseUrl: 'https://events.acme.io',
      publicMetadata: false,
      allowDelete: true,
      resendDeadLettersAfterMinutes: 5,
      deliveryConcurrency: 20,
      provisionedConcurrency: { 'submit-change': 2 },
      localWorkers: { 'submit-change': 2 },
    };
    expect(parseOverrides(every)).toEqual(every);
    expect(Object.keys(every).sort()).toEqual(Object.keys(settingKeys).sort());
  });
});

describe('parseStageName', () => {
  it.each([undefined, '', 'production', 'PROD', 'toString'])('refuses %j and says what there is', (name) => {
    expect(() => parseStageName(name)).toThrow('-c stage=preview|dev|prod');
  });
});

describe('stageSettings', () => {
  it('keeps duplicates in mind for longer than the stream keeps events', () => {
    expect(() => stageSettings('prod', { ...identity, dedupeDays: 6 })).toThrow(/7 days.*dedupeDays/);
    expect(stageSettings('prod', { ...identity, dedupeDays: 7 })).toMatchObject({ dedupeDays: 7 });
    expect(stageSettings('preview', { dedupeDays: 1 })).toMatchObject({ dedupeDays: 1 });
  });

  it('takes the events of which duplicates are no duplicates', () => {
    const dedupeTriggers = { relation_added: false };
    expect(stageSettings('preview', { dedupeTriggers })).toMatchObject({ dedupeTriggers });
    expect(() => stageSettings('preview', { dedupeTriggers: { a: 1 } as never })).toThrow('dedupeTriggers');
  });

  it('turns every check on outside the preview', () => {
    for (const stage of ['dev', 'prod'] as const) {
      expect(stageSettings(stage, identity)).toMatchObject({
        verifySignatures: true,
        verifyPublishers: true,
        verifyTokens: true,
        allowPrivateTargets: false,
        requireAuth: { topics: true, events: true, hub: true },
        seedProfiles: 0,
        openRegistration: false,
      });
    }
    expect(stageSettings('preview')).toMatchObject({
      verifySignatures: false,
      verifyPublishers: true,
      verifyTokens: false,
      allowPrivateTargets: true,
    });
  });

  it.each(['verifySignatures', 'verifyPublishers', 'verifyTokens'])(
    'does not let prod turn %s off',
    (key) => {
      expect(() => stageSettings('prod', { ...identity, [key]: false })).toThrow(key);
      expect(stageSettings('dev', { ...identity, [key]: false })).toMatchObject({ [key]: false });
    },
  );

  it('keeps the data of prod alone', () => {
    expect(stageNames.map((stage) => stageSettings(stage, identity).keepsData)).toEqual([false, false, true]);
  });

  it.each(['issuer', 'jwksUri', 'audience'] as const)(
    'needs %s in dev and prod, and says how to set it',
    (key) => {
      const { [key]: _, ...rest } = identity;
      for (const stage of ['dev', 'prod'] as const) {
        expect(() => stageSettings(stage, rest)).toThrow(`the stage ${stage} needs the setting ${key}`);
        expect(() => stageSettings(stage, rest)).toThrow('-c config=FILE');
      }
    },
  );

  it('needs them in the preview too once tokens are verified there', () => {
    expect(() => stageSettings('preview', { verifyTokens: true })).toThrow('issuer, jwksUri, audience');
    expect(stageSettings('preview', { verifyTokens: true, ...identity }).issuer).toBe(identity.issuer);
  });

  it.each(['registrationToken', 'triggerToken', 'tokenSecret'] as const)(
    'refuses %s outside the preview, where the template would show it',
    (key) => {
      expect(() => stageSettings('prod', { ...identity, [key]: 'hush-hush' })).toThrow(key);
      expect(() => stageSettings('prod', { ...identity, [key]: 'hush-hush' })).not.toThrow('hush-hush');
      expect(stageSettings('preview', { [key]: 'hush' })[key]).toBe('hush');
    },
  );

  it('refuses a tick of seconds where AWS runs it', () => {
    expect(() => stageSettings('dev', { ...identity, tickSeconds: 90 })).toThrow('60 or 120');
    expect(() => parseOverrides({ tickSeconds: 180 })).toThrow(/tickSeconds.*at most 120 \(seconds\)/);
    expect(stageSettings('dev', { ...identity, tickSeconds: 120, recoverySeconds: 120 }).tickSeconds).toBe(
      120,
    );
    expect(stageSettings('preview').tickSeconds).toBe(1);
  });

  it('merges requireAuth door by door', () => {
    expect(stageSettings('preview', { requireAuth: { hub: true } }).requireAuth).toEqual({
      topics: false,
      events: false,
      hub: true,
    });
  });

  it('merges hubs hub by hub: the preview takes every other one, until it is told not to', () => {
    const chat = { rules: [] };
    expect(stageSettings('preview', { hubs: { chat } }).hubs).toEqual({ '*': { anonymous: true }, chat });
    expect(stageSettings('preview', { hubs: { '*': {} } }).hubs).toEqual({ '*': {} });
    expect(stageSettings('prod', { ...identity, hubs: { chat } }).hubs).toEqual({ chat });
    expect(stageSettings('dev', identity).hubs).toEqual({});
  });

  it('refuses hubs that are larger than a secret', () => {
    const rules = Array.from({ length: 100 }, () => ({ allow: { groups: ['g'.repeat(1000)] } }));
    expect(() => stageSettings('preview', { hubs: { chat: { rules } } })).toThrow(
      'is larger than 65536 bytes',
    );
  });

  it('refuses keys of hubs outside the preview, and shows none that is mistyped', () => {
    const hubKeys = { accessKeys: ['Endpoint=https://a.example;AccessKey=hush-hush;Version=1.0;'] };
    expect(stageSettings('preview', { hubKeys }).hubKeys).toEqual(hubKeys);
    expect(() => stageSettings('prod', { ...identity, hubKeys })).toThrow('hubKeys');
    const wrong = { accessKeys: ['hush-hush'], codes: { chat: ['hush-hush'] } };
    expect(() => parseOverrides({ hubKeys: wrong })).toThrow(/connection string[\s\S]*16 to 256/);
    expect(() => parseOverrides({ hubKeys: wrong })).not.toThrow('hush-hush');
  });

  it('takes undefined for "not set"', () => {
    expect(stageSettings('preview', { tickSeconds: undefined }).tickSeconds).toBe(1);
  });
});

describe('files named by settings', () => {
  const directory = mkdtempSync(join(tmpdir(), 'changewire-settings-'));
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicJwk = publicKey.export({ format: 'jwk' });
  const write = (name: string, content: unknown) => {
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content));
    return name;
  };

  it('are relative to the base directory', () => {
    write('publishers.json', { ldap: { keys: [publicJwk] } });
    const { publishersJwks } = stageSettings('preview', { publishersJwks: './publishers.json' }, directory);
    expect(JSON.parse(publishersJwks)).toEqual({ ldap: { keys: [publicJwk] } });
  });

  it('embed a JWKS file as a data URI, and leave a URI as it is', () => {
    write('jwks.json', { keys: [publicJwk] });
    const { jwksUri } = stageSettings('preview', { jwksUri: 'jwks.json' }, directory);
    const [head, body] = jwksUri.split(',');
    expect(head).toBe('data:application/json;base64');
    expect(JSON.parse(Buffer.from(body!, 'base64').toString())).toEqual({ keys: [publicJwk] });
    expect(stageSettings('preview', identity).jwksUri).toBe(identity.jwksUri);
  });

  it.each([
    ['publishersJwks', { ldap: { keys: [privateKey.export({ format: 'jwk' })] } }],
    ['publishersJwks', { ldap: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }],
    ['jwksUri', { keys: [publicJwk, privateKey.export({ format: 'jwk' })] }],
  ])('refuse a private key in %s', (key, content) => {
    const file = write('private.json', content);
    expect(() => stageSettings('preview', { [key]: file }, directory)).toThrow(/is private/);
  });

  it.each([
    ['publishersJwks', 'missing.json', undefined, /cannot read the file/],
    ['jwksUri', 'missing.json', undefined, /cannot read the file/],
    ['cisPrivateKey', 'missing.pem', undefined, /cannot read the file/],
    ['publishersJwks', 'broken.json', '{', /is not JSON/],
    ['publishersJwks', 'shape.json', { keys: [] }, /wrong shape/],
    ['jwksUri', 'shape.json', { ldap: { keys: [] } }, /wrong shape/],
    [
      'publishersJwks',
      'large.json',
      { ldap: { keys: [{ kty: 'RSA', n: 'x'.repeat(70_000) }] } },
      /larger than/,
    ],
  ])('that are bad are named: %s = %s', (key, name, content, message) => {
    if (content !== undefined) {
      write(name, content);
    }
    expect(() => stageSettings('preview', { [key]: name }, directory)).toThrow(message);
    expect(() => stageSettings('preview', { [key]: name }, directory)).toThrow(key);
  });
});
