import { defaultProvider } from '../../../lambdas/aws/environment-credentials';

const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
const before = names.map((name) => [name, process.env[name]] as const);

function provide(...values: readonly (string | undefined)[]) {
  for (const [index, name] of names.entries()) {
    setVariable(name, values[index]);
  }
  return defaultProvider()();
}

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) {
    delete process.env[name];
  } else {
    process.env[name] = value;
  }
}

afterEach(() => {
  for (const [name, value] of before) {
    setVariable(name, value);
  }
});

describe('the credentials of a bundled function', () => {
  it.each([
    [undefined, 'secret'],
    ['id', undefined],
    ['id', ''],
  ])('are refused when half of them is missing', async (...values) => {
    await expect(provide(...values)).rejects.toThrow(/must be in the environment/);
  });

  it('are those of the role, with its session', async () => {
    await expect(provide('id', 'secret', 'token')).resolves.toEqual({
      accessKeyId: 'id',
      secretAccessKey: 'secret',
      sessionToken: 'token',
    });
  });

  it('have no session when there is none', async () => {
    await expect(provide('id', 'secret')).resolves.toEqual({ accessKeyId: 'id', secretAccessKey: 'secret' });
  });
});
