import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { EventClient } from '../../sdk/events';
import { definitions, quiet } from './event-definitions';

/**
 * A program that publishes and flushes, to be killed and started again. With `outbox`, the session is stored before
 * it is flushed, and the next run goes on with it; with `repeat`, the next run does all its work again.
 */
async function run(url: string, file: string, manner: string, count: number): Promise<void> {
  const client = new EventClient({
    apiUrl: url,
    serviceName: 'testing-service',
    topicDefinitions: definitions,
    logger: quiet,
  });
  const isLeft = manner === 'outbox' && existsSync(file);
  const session = isLeft
    ? client.resumeSession(JSON.parse(readFileSync(file, 'utf8')))
    : client.userSession('user-1', 'job-1', manner === 'repeat' ? { idempotencyKey: 'run-7' } : {});
  for (let number = 0; !isLeft && number < count; number += 1) {
    session.createdMyEntity({ id: `${number}` });
  }
  if (!isLeft) {
    writeFileSync(file, JSON.stringify(session));
  }
  await session.flush();
}

const [url = '', file = '', manner = '', count = ''] = process.argv.slice(2);
void run(url, file, manner, Number(count));
