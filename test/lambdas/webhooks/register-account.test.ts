import { hashSecret } from '../../../core/accounts/api-key';
import { makeAdsDialect } from '../../../lambdas/shared/ads-dialect';
import { makeRegisterAccount, type RegisterAccountPorts } from '../../../lambdas/webhooks/register-account';
import { errorText, headerRefusals, openCallbackDoor, secretText } from '../../support/callback-doors';
import { authenticate } from '../../support/manage-door';
import { MemoryAccountStore, MemoryKeyStore } from '../../support/memory-accounts';
import { unsignedToken } from '../../support/tokens';

let accounts: MemoryAccountStore;
let keys: MemoryKeyStore;
let stageSecret: ReturnType<typeof secretText>;
let registrationToken: ReturnType<typeof secretText>;
let opening: RegisterAccountPorts['opening'];
let register: ReturnType<typeof openCallbackDoor>;

beforeEach(() => {
  accounts = new MemoryAccountStore();
  keys = new MemoryKeyStore();
  stageSecret = secretText('stage secret');
  registrationToken = secretText('registration-token');
  opening = 'nobody';
  reopen();
});

function reopen(): void {
  const ports = {
    accounts,
    keys,
    stageSecret,
    registrationToken,
    opening,
    authenticate,
    now: () => new Date('2026-11-20'),
  };
  register = openCallbackDoor(
    {
      name: 'register-account',
      dialect: makeAdsDialect(401),
      methods: ['POST'],
      wire: () => makeRegisterAccount(ports),
    },
    'registration-token',
  );
}

const UUID4 = /^"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\n$/;

describe('POST /account', () => {
  it('gives a token as a bare JSON text, the same one to the same user', async () => {
    const first = await register({ body: { user_id: 'ada', user_email: 'ada@example.org' } });
    expect(first.status).toBe(200);
    expect(first.text).toMatch(UUID4);
    expect(first.headers['content-type']).toBe('application/json');
    expect((await register({ body: { user_id: 'ada' } })).text).toBe(first.text);
    expect((await register({ body: { user_id: 'Ada' } })).text).not.toBe(first.text);
  });

  it('keeps the token as a hash alone, and the address', async () => {
    const token = JSON.parse(
      (await register({ body: { user_id: 'ada', user_email: 'ada@example.org' } })).text,
    );
    expect(JSON.stringify([[...accounts.accounts], [...keys.keys], [...keys.proved]])).not.toContain(token);
    expect(keys.proved.get(hashSecret(token))?.scopes).toEqual([
      'subscriptions:read',
      'subscriptions:write',
      'deliveries:read',
      'deliveries:write',
    ]);
    const [account] = accounts.accounts.values();
    expect(account).toMatchObject({ email: 'ada@example.org', name: 'ada' });
    await register({ body: { user_id: 'ada', user_email: 'new@example.org' } });
    expect(accounts.accounts.get(account!.id)?.email).toBe('new@example.org');
  });

  it('writes nothing for a user who comes again', async () => {
    await register({ body: { user_id: 'ada', user_email: 'ada@example.org' } });
    accounts.beforeWrite = () => {
      throw new Error('written');
    };
    expect(await register({ body: { user_id: 'ada' } })).toMatchObject({ status: 200 });
    expect(await register({ body: { user_id: 'ada', user_email: 'ada@example.org' } })).toMatchObject({
      status: 200,
    });
  });

  it('gives one token to many who register the same user at the same moment', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => register({ body: { user_id: 'ada' } })));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(accounts.accounts.size).toBe(1);
    expect(keys.proved.size).toBe(1);
  });

  it('takes numbers, nothing and null as users of that name', async () => {
    const tokens = [];
    for (const user_id of ['', null, 5, 'null', '1e+22']) {
      const { status, text } = await register({ body: { user_id } });
      expect(status).toBe(200);
      tokens.push(text);
    }
    expect(new Set(tokens).size).toBe(5);
    expect((await register({ body: { user_id: '5' } })).text).toBe(tokens[2]);
    expect((await register({ body: '{"user_id": 1e22}' })).text).toBe(tokens[4]);
    expect((await register({ body: { user_id: null } })).text).toBe(tokens[1]);
  });

  it.each([
    ['{}'],
    ['[]'],
    ['"user_id"'],
    ['null'],
    [''],
    ['{"user_id":'],
    ['{"user_id": NaN}'],
    ['{"User_id": "ada"}'],
    [Buffer.from('7b22757365725f6964223a22ff227d', 'hex')],
  ])('refuses %s in the words of the original', async (body) => {
    expect(await register({ body })).toMatchObject({
      status: 401,
      text: '{"error": "No \\"user_id\\" provided in authentication request"}\n',
    });
  });

  it('reads JSON alone where it is called so', async () => {
    const body = '{"user_id":"ada"}';
    for (const contentType of ['text/plain', '', 'application/x-www-form-urlencoded', 'application/jsonp']) {
      expect(await register({ body, contentType })).toMatchObject({ status: 401 });
    }
    for (const contentType of [
      'application/json; charset=utf-8',
      'Application/JSON',
      'application/vnd.a+json',
    ]) {
      expect(await register({ body, contentType })).toMatchObject({ status: 200 });
    }
  });

  it.each([[['ada']], [{ name: 'ada' }]])(
    'answers as the original failed for a user_id %j',
    async (user_id) => {
      expect(await register({ body: { user_id } })).toMatchObject({
        status: 500,
        text: '{"message": "Internal Server Error"}\n',
      });
      expect(accounts.accounts.size).toBe(0);
    },
  );

  it('keeps no address that is none, and refuses nobody for it', async () => {
    for (const user_email of [5, null, ['a@b'], '', 'nobody', 'a b@c', `${'x'.repeat(400)}@y`]) {
      expect(await register({ body: { user_id: 'ada', user_email } })).toMatchObject({ status: 200 });
    }
    expect([...accounts.accounts.values()][0]?.email).toBeUndefined();
  });

  it.each(headerRefusals)(
    'refuses the header %j before it looks at the body',
    async (authorization, error) => {
      expect(await register({ authorization, body: 'nonsense' })).toMatchObject({
        status: 401,
        text: errorText(error),
      });
    },
  );

  it('refuses another token, and takes the second word whatever the first one is', async () => {
    const wrong = { error: 'incorrect registration token was provided' };
    for (const authorization of ['Bearer x', 'Bearer registration-tokenx', 'Bearer very secret token']) {
      expect(await register({ authorization, body: {} })).toMatchObject({
        status: 401,
        text: errorText(wrong.error),
      });
    }
    for (const authorization of ['MyBearerX registration-token', 'Bearer \t registration-token and more']) {
      expect(await register({ authorization, body: { user_id: 'ada' } })).toMatchObject({ status: 200 });
    }
  });

  it('takes the token that an operator put in place of the other', async () => {
    registrationToken.replace('new-token');
    const body = { user_id: 'ada' };
    expect(await register({ authorization: 'Bearer new-token', body })).toMatchObject({ status: 200 });
    expect(await register({ body })).toMatchObject({ status: 401 });
  });

  it('asks nobody for a token where registration is open', async () => {
    opening = 'everybody';
    reopen();
    expect(await register({ authorization: null, body: { user_id: 'ada' } })).toMatchObject({ status: 200 });
    expect(await register({ authorization: 'Bearer', body: {} })).toMatchObject({ status: 401 });
  });

  it('takes the JWT of an operator beside the token where the setting says so', async () => {
    const body = { user_id: 'ada' };
    const operator = { authorization: `Bearer ${unsignedToken({ scope: 'accounts:write' })}`, body };
    expect(await register(operator)).toMatchObject({ status: 401 });
    opening = 'operators';
    reopen();
    expect(await register(operator)).toMatchObject({ status: 200 });
    expect(await register({ body })).toMatchObject({ status: 200 });
    for (const wrong of [
      unsignedToken({ scope: 'subscriptions:write' }),
      unsignedToken({ exp: 1 }),
      'a.b.c',
      'x',
    ]) {
      expect(await register({ authorization: `Bearer ${wrong}`, body })).toMatchObject({
        status: 401,
        text: errorText('incorrect registration token was provided'),
      });
    }
    expect(await register({ authorization: null, body })).toMatchObject({ status: 401 });
  });

  it('gives another token, which works, when the operator replaced the secret of the stage', async () => {
    const first = JSON.parse((await register({ body: { user_id: 'ada' } })).text);
    stageSecret.replace('another secret');
    await stageSecret.renewed();
    const second = JSON.parse((await register({ body: { user_id: 'ada' } })).text);
    expect(second).not.toBe(first);
    expect([...keys.proved.keys()]).toEqual([hashSecret(second)]);
    expect(JSON.parse((await register({ body: { user_id: 'ada' } })).text)).toBe(second);
  });

  it('takes POST alone, and says so', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD', 'PATCH']) {
      expect(await register({ method })).toMatchObject({
        status: 405,
        text: '{"message": "The method is not allowed for the requested URL."}\n',
        headers: { allow: 'POST, OPTIONS' },
      });
    }
    expect(await register({ method: 'OPTIONS', authorization: null })).toMatchObject({
      status: 200,
      text: '',
      headers: { allow: 'POST, OPTIONS' },
    });
  });

  it('tells nothing of what fails inside', async () => {
    accounts.beforeWrite = () => {
      throw new Error('secret of the store');
    };
    expect(await register({ body: { user_id: 'ada' } })).toMatchObject({
      status: 500,
      text: '{"message": "Internal Server Error"}\n',
    });
  });
});
