import { createPublicKey } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { parseSigningKey } from '../../../core/person/keys';
import { generateCisKey, generateRsaKey } from '../../../lambdas/change/generate-cis-key';
import { answerCloudFormation, type ResourceAnswer } from '../../../lambdas/shared/custom-resource-answer';

const event = (RequestType: string, rest: object = {}) =>
  ({
    RequestType,
    ResponseURL: 'https://cloudformation.test/answer',
    StackId: 'arn:aws:cloudformation:eu-central-1:1:stack/changewire',
    RequestId: 'request-1',
    LogicalResourceId: 'CisKey',
    ResourceType: 'Custom::CisKey',
    ...rest,
  }) as unknown as CloudFormationCustomResourceEvent;

let pem: string;
beforeAll(async () => {
  pem = await generateRsaKey();
});

async function run(
  RequestType: string,
  {
    held,
    fails,
    published = '{}',
    ...rest
  }: {
    held?: string | undefined;
    fails?: 'open' | 'read' | 'write';
    published?: string | undefined;
    PhysicalResourceId?: string;
  } = {},
) {
  const written: string[] = [];
  const jwks: string[] = [];
  const answers: ResourceAnswer[] = [];
  const failing = (step: string) => {
    if (step === fails) {
      throw new Error(`the ${step} failed`);
    }
  };
  await generateCisKey(event(RequestType, rest), {
    openSecret: () => {
      failing('open');
      return {
        read: async () => {
          failing('read');
          return held;
        },
        write: async (text) => {
          failing('write');
          written.push(text);
        },
      };
    },
    openPublishersJwks: () => ({
      read: async () => published,
      write: async (text) => void jwks.push(text),
    }),
    generate: async () => pem,
    answer: async (_event, answer) => {
      answers.push(answer);
    },
  });
  return { written, jwks, answers };
}

describe('generate-cis-key', () => {
  it.each(['Create', 'Update'])('puts a key into a secret that has none (%s)', async (type) => {
    for (const held of [undefined, '', 'placeholder', '{}']) {
      const { written, answers } = await run(type, { held });
      expect(written).toEqual([pem]);
      expect(answers).toEqual([{ status: 'SUCCESS', physicalResourceId: 'cis-key' }]);
    }
  });

  it.each(['Create', 'Update'])('never replaces a key that is there (%s)', async (type) => {
    const { written, answers } = await run(type, { held: pem });
    expect(written).toEqual([]);
    expect(answers[0]?.status).toBe('SUCCESS');
  });

  it('does not overwrite what somebody meant as a key, and says what to do', async () => {
    for (const held of ['-----BEGIN PRIVATE KEY-----\nhunter2', '{"kty":"RSA","d":"hunter2"}']) {
      const { written, answers } = await run('Create', { held });
      expect(written).toEqual([]);
      expect(answers).toEqual([expect.objectContaining({ status: 'FAILED' })]);
      expect(JSON.stringify(answers)).toContain('put an RSA key there');
      expect(JSON.stringify(answers)).not.toContain('hunter2');
    }
  });

  it('leaves the key when the resource is deleted, and keeps its id', async () => {
    const { written, answers } = await run('Delete', { PhysicalResourceId: 'earlier', fails: 'open' });
    expect(written).toEqual([]);
    expect(answers).toEqual([{ status: 'SUCCESS', physicalResourceId: 'earlier' }]);
  });

  it.each(['open', 'read', 'write'] as const)('answers when the %s fails, too', async (fails) => {
    const { answers } = await run('Create', { fails });
    expect(answers).toEqual([
      { status: 'FAILED', physicalResourceId: 'cis-key', reason: `Error: the ${fails} failed` },
    ]);
  });

  it.each(['{}', '{"ldap":{"keys":[]}}'])(
    'publishes the public half among the keys of the publishers %s',
    async (published) => {
      for (const held of [undefined, pem]) {
        const { jwks } = await run('Create', { held, published });
        expect(jwks).toHaveLength(1);
        const { cis, ...others } = JSON.parse(jwks[0] ?? '');
        expect(others).toEqual(JSON.parse(published));
        const { n, e } = createPublicKey(pem).export({ format: 'jwk' });
        const kid = expect.stringMatching(/^cis-[0-9a-f]{8}$/);
        expect(cis.keys).toEqual([{ kty: 'RSA', alg: 'RS256', use: 'sig', kid, n, e }]);
      }
    },
  );

  it('publishes it once, and beside an older one that has signed what is stored', async () => {
    const [first = ''] = (await run('Create', { held: pem })).jwks;
    expect((await run('Update', { held: pem, published: first })).jwks).toEqual([]);
    const newer = await generateRsaKey();
    const [both = ''] = (await run('Update', { held: newer, published: first })).jwks;
    expect(JSON.parse(both).cis.keys).toHaveLength(2);
    expect(JSON.parse(both).cis.keys[0]).toEqual(JSON.parse(first).cis.keys[0]);
  });

  it.each(['hunter2', '{"hunter2":{"keys":[]}}', '[]', '{"cis":{"keys":"hunter2"}}'])(
    'leaves keys that it cannot read: %s',
    async (published) => {
      const { jwks, answers } = await run('Create', { published });
      expect(jwks).toEqual([]);
      expect(answers).toMatchObject([{ status: 'FAILED' }]);
    },
  );

  it('does not quote a secret that is no JSON', async () => {
    const { answers } = await run('Create', { published: 'hunter2' });
    expect(JSON.stringify(answers)).not.toContain('hunter2');
  });

  it('tells nobody the key', async () => {
    const { answers } = await run('Create');
    expect(JSON.stringify(answers)).not.toContain('PRIVATE');
  });

  it('makes a key that signs as cis', () => {
    const key = parseSigningKey(pem);
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(createPublicKey(key).asymmetricKeyDetails?.modulusLength).toBe(3072);
  });
});

describe('the answer to CloudFormation', () => {
  async function answerTo(statuses: readonly number[]) {
    const seen: { request: IncomingMessage; body: string }[] = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) {
        chunks.push(chunk as Buffer);
      }
      response.writeHead(statuses[seen.length] ?? 200).end();
      seen.push({ request, body: Buffer.concat(chunks).toString() });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/answer?signature=x%2By`;
    const answer = { status: 'FAILED', physicalResourceId: 'cis-key', reason: 'why' } as const;
    const outcome = answerCloudFormation(event('Create', { ResponseURL }), answer);
    const failed = await outcome.then(
      () => false,
      () => true,
    );
    server.closeAllConnections();
    server.close();
    return { seen, failed };
  }

  it('is put as it expects: an empty content type and every id', async () => {
    const { seen, failed } = await answerTo([200]);
    expect(failed).toBe(false);
    expect(seen[0]?.request).toMatchObject({ method: 'PUT', url: '/answer?signature=x%2By' });
    expect(seen[0]?.request.headers['content-type'] ?? '').toBe('');
    expect(seen[0]?.request.headers['content-length']).toBe(String(seen[0]?.body.length));
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({
      Status: 'FAILED',
      Reason: 'why',
      PhysicalResourceId: 'cis-key',
      StackId: 'arn:aws:cloudformation:eu-central-1:1:stack/changewire',
      RequestId: 'request-1',
      LogicalResourceId: 'CisKey',
      NoEcho: true,
    });
  });

  it('is tried again while the address does not take it', async () => {
    const { seen, failed } = await answerTo([503, 500, 200]);
    expect(failed).toBe(false);
    expect(seen).toHaveLength(3);
  });
});
