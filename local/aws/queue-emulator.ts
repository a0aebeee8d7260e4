import { REGION } from './identity';

/** The part of a parsed request or reply that names queues. */
interface QueueNaming {
  QueueUrl?: unknown;
  QueueUrls?: unknown;
}

/**
 * Starts the queues' emulator on a loopback port. It makes queue URLs with host names that not every resolver
 * knows (`sqs.<region>.localhost`), and the SDK calls the host of the URL: outside they have the address.
 */
export async function startQueues(): Promise<{ endpoint: string; close: () => Promise<void> }> {
  const { buildApp } = await import('fauxqs');
  const app = buildApp({ logger: false, defaultRegion: REGION });
  let endpoint = '';
  const inside = () => endpoint.replace('127.0.0.1', `sqs.${REGION}.localhost`);
  app.addHook('preHandler', async (request: { body: unknown }) => {
    const body = request.body as QueueNaming | null;
    if (typeof body?.QueueUrl === 'string') {
      body.QueueUrl = body.QueueUrl.replace(endpoint, inside());
    }
  });
  app.addHook('preSerialization', async (_request: unknown, _reply: unknown, payload: unknown) => {
    const reply = payload as QueueNaming | null;
    const outside = (url: unknown) => String(url).replace(inside(), endpoint);
    return {
      ...reply,
      ...(reply?.QueueUrl !== undefined && { QueueUrl: outside(reply.QueueUrl) }),
      ...(Array.isArray(reply?.QueueUrls) && { QueueUrls: reply.QueueUrls.map(outside) }),
    };
  });
  endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
  return { endpoint, close: () => app.close() };
}
