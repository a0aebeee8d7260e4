import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much of Secrets Manager as a function asks for: secrets by id, read and put. */
export async function startSecrets(secrets: Map<string, string>) {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const input = JSON.parse(Buffer.concat(chunks).toString());
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    if (request.headers['x-amz-target'] === 'secretsmanager.PutSecretValue') {
      secrets.set(input.SecretId, input.SecretString);
      answer(200, {});
    } else if (secrets.has(input.SecretId)) {
      answer(200, { SecretString: secrets.get(input.SecretId) });
    } else {
      answer(400, { __type: 'ResourceNotFoundException', message: 'no value' });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
