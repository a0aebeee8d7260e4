import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { guardAgainstCrashes } from '../../../core/crash-guard';
import { changeMarkKey, makeDynamoCrashMarkers } from '../../../lambdas/aws/dynamo-crash-markers';
import { createTables, dynamodbClient, type Emulators, startEmulators } from '../../support/emulators';

let emulators: Emulators;
let client: DynamoDBDocumentClient;
beforeAll(async () => {
  emulators = await startEmulators();
  await createTables(emulators.dynamodbUrl);
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl));
});
afterAll(async () => {
  client.destroy();
  await emulators.stop();
});

/** What adds no mark takes marks away. */
const isClear = (command: unknown) =>
  !(command as { input: { UpdateExpression: string } }).input.UpdateExpression.includes(':one');

/** The marks of one process, which loses no time. */
function makeMarks(from: DynamoDBDocumentClient) {
  const table = { name: 'change-statuses', keyOf: changeMarkKey };
  return makeDynamoCrashMarkers(from, table, Date.now, async () => undefined);
}

/** The client of a store that misbehaves. */
function watched(send: (command: never) => Promise<unknown>): DynamoDBDocumentClient {
  return Object.assign(Object.create(client), { send });
}

describe('the marks of a record that may kill', () => {
  const position = (sequenceNumber: string) => ({ sequenceNumber, shardId: 'shardId-000000000001' });

  it('count a try once, although its answer was lost and the client sent it again', async () => {
    const markers = makeMarks(
      watched(async (command) => {
        await client.send(command);
        return client.send(command);
      }),
    );
    await expect(markers.mark(position('1'))).resolves.toBe(1);
    await expect(markers.mark(position('1'))).resolves.toBe(2);
  });

  it('never end a record because the store throttles, however long', async () => {
    const throttling = watched((command) =>
      isClear(command) ? Promise.reject(new Error('slow down')) : client.send(command),
    );
    const markers = makeMarks(throttling);
    const giveUp = jest.fn(async () => undefined);
    const process = jest.fn(() => Promise.reject(new Error('slow down')));
    const record = { ...position('2'), arrivedAt: '2026-01-01T00:00:00.000Z' };
    for (let tries = 0; tries < 6; tries += 1) {
      const guarded = guardAgainstCrashes([record], { markers, now: new Date() }, { process, giveUp });
      await expect(guarded).rejects.toThrow('slow down');
    }
    expect([process.mock.calls.length, giveUp.mock.calls.length]).toEqual([6, 0]);
  });

  it('are cleared in the end by a store that throttles now and then', async () => {
    let failures = 2;
    const throttling = watched((command) => {
      failures -= isClear(command) ? 1 : 0;
      return isClear(command) && failures >= 0
        ? Promise.reject(new Error('slow down'))
        : client.send(command);
    });
    const markers = makeMarks(throttling);
    await markers.mark(position('3'));
    await markers.clear(position('3'));
    const another = makeMarks(client);
    await expect(another.mark(position('3'))).resolves.toBe(1);
  });
});
