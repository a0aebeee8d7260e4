import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { startLambda } from '../../../local/aws/lambda';
import type { Invocable, InvocationOutcome } from '../../../local/functions/invocation';

let lambda: Awaited<ReturnType<typeof startLambda>>;
let client: LambdaClient;
const given: string[] = [];
let outcome: InvocationOutcome = { kind: 'returned', payload: 'null' };

beforeAll(async () => {
  const fn: Invocable = {
    name: 'echo',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:echo',
    invoke: async (event) => {
      given.push(event);
      return outcome;
    },
  };
  lambda = await startLambda(new Map([['echo', fn]]));
  client = new LambdaClient({
    endpoint: lambda.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
});

afterAll(async () => {
  client.destroy();
  await lambda.close();
});

const invoke = async (FunctionName: string, payload: string | undefined = '{"a":"ü"}') => {
  const command = new InvokeCommand({
    FunctionName,
    ...(payload !== '' && { Payload: Buffer.from(payload) }),
  });
  const { Payload, ...answer } = await client.send(command);
  return { ...answer, text: Buffer.from(Payload ?? []).toString() };
};

describe('the local Lambda', () => {
  it.each(['echo', 'echo:warm', 'arn:aws:lambda:us-east-1:000000000000:function:echo'])(
    'gives a function called %s its payload, and its reply back',
    async (name) => {
      outcome = { kind: 'returned', payload: '{"batchItemFailures":[]}' };
      const { StatusCode, FunctionError, text } = await invoke(name);
      expect({ StatusCode, FunctionError, text }).toEqual({
        StatusCode: 200,
        FunctionError: undefined,
        text: '{"batchItemFailures":[]}',
      });
      expect(given.at(-1)).toBe('{"a":"ü"}');
    },
  );

  it('takes no payload for an empty object', async () => {
    await invoke('echo', '');
    expect(given.at(-1)).toBe('{}');
  });

  it.each([
    [{ kind: 'failed', errorType: 'TypeError', message: 'x is not a function' }, 'TypeError'],
    [{ kind: 'crashed', message: 'out of memory' }, 'Runtime.ExitError'],
    [{ kind: 'timed-out' }, 'Sandbox.Timedout'],
  ] as const)('answers 200 with the error of the function: %j', async (ended, errorType) => {
    outcome = ended;
    const { StatusCode, FunctionError, text } = await invoke('echo');
    expect({ StatusCode, FunctionError }).toEqual({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(JSON.parse(text)).toMatchObject({ errorType });
  });

  it('refuses what it does not have, as AWS does', async () => {
    await expect(invoke('nobody')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(invoke('echo', JSON.stringify('x'.repeat(6 * 1024 * 1024)))).rejects.toMatchObject({
      name: 'RequestTooLargeException',
    });
    const event = new InvokeCommand({ FunctionName: 'echo', InvocationType: 'Event' });
    await expect(client.send(event)).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
    outcome = { kind: 'cancelled' };
    await expect(invoke('echo')).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    expect((await fetch(`${lambda.endpoint}/2015-03-31/functions`)).status).toBe(404);
  });
});
