import type { Delivery } from '../../../../core/webhooks/deliveries/delivery';
import { requeueDeliveries } from '../../../../core/webhooks/deliveries/requeue-deliveries';
import { aDelivery } from '../../../support/deliveries';
import { makeMemoryDeliveryStore } from '../../../support/memory-delivery-store';

const now = new Date('2026-11-20T10:00:00.000Z');
const deadline = new Date(now.getTime() + 40_000);
const inSeconds = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();

async function makeTick(rows: readonly Delivery[]) {
  const deliveries = makeMemoryDeliveryStore();
  for (const row of rows) {
    await deliveries.write(row);
  }
  deliveries.writes.length = 0;
  const log: string[] = [];
  const ports = {
    deliveries: {
      due: deliveries.due,
      write: async (row: Delivery) => {
        log.push(`row ${row.eventId}`);
        return deliveries.write(row);
      },
    },
    queue: {
      send: async (
        messages: readonly { message: { eventId: string; attempt: number }; delaySeconds: number }[],
      ) => {
        log.push(
          ...messages.map(
            ({ message, delaySeconds }) => `${message.eventId} #${message.attempt} +${delaySeconds}`,
          ),
        );
      },
    },
    now: () => now,
  };
  return { deliveries, log, ports };
}

function parked(eventId: string, seconds: number, attempt = 1): Delivery {
  return aDelivery({ eventId, attempt, nextAttemptAt: inSeconds(seconds), dueAt: inSeconds(seconds) });
}

describe('requeueDeliveries', () => {
  it('queues what is due within three minutes with the exact remaining delay, the message before the row', async () => {
    const { log, ports, deliveries } = await makeTick([
      parked('overdue', -7200),
      parked('soon', 100, 4),
      parked('edge', 180),
      parked('later', 181),
    ]);
    expect(await requeueDeliveries(ports, deadline)).toEqual({ queued: 3, complete: true });
    expect(log).toEqual([
      'overdue #2 +0',
      'soon #5 +100',
      'edge #2 +180',
      'row overdue',
      'row soon',
      'row edge',
    ]);
    expect(deliveries.writes.map(({ dueAt }) => dueAt)).toEqual(Array(3).fill(inSeconds(1200)));
  });

  it('brings a lost message up again when the safety net is due, at once', async () => {
    const lost = aDelivery({ nextAttemptAt: inSeconds(-1200), dueAt: inSeconds(10) });
    const { log, ports } = await makeTick([lost]);
    await requeueDeliveries(ports, deadline);
    expect(log[0]).toBe('evt_1 #2 +0');
  });

  it('leaves a row alone that a worker has claimed meanwhile', async () => {
    const { ports, deliveries } = await makeTick([parked('a', 0)]);
    const { send } = ports.queue;
    const claim = { attempt: 2, leaseUntil: inSeconds(30) };
    ports.queue.send = async (messages) => {
      await send(messages);
      const { dueAt: _, ...row } = parked('a', 0);
      await deliveries.write({ ...row, claim, version: 2 });
    };
    await requeueDeliveries(ports, deadline);
    expect(deliveries.rows()).toEqual([expect.objectContaining({ claim, version: 2 })]);
    expect(deliveries.rows()[0]).not.toHaveProperty('dueAt');
  });

  it('moves nothing when the queue fails: the next tick finds it all', async () => {
    const { ports, deliveries } = await makeTick([parked('a', 0)]);
    ports.queue.send = async () => {
      throw new Error('the queue is away');
    };
    await expect(requeueDeliveries(ports, deadline)).rejects.toThrow('the queue is away');
    expect(deliveries.writes).toEqual([]);
  });

  it('works off any number of due ones, but begins no page after its deadline', async () => {
    const many = Array.from({ length: 250 }, (_, index) => parked(`e${index}`, -index));
    const unhurried = await makeTick(many);
    expect(await requeueDeliveries(unhurried.ports, deadline)).toEqual({ queued: 250, complete: true });
    const hurried = await makeTick(many);
    let reads = 0;
    const clock = () => new Date(now.getTime() + (hurried.log.length > 0 && reads++ > 2 ? 60_000 : 0));
    const result = await requeueDeliveries({ ...hurried.ports, now: clock }, deadline);
    expect(result.complete).toBe(false);
    expect(result.queued).toBeLessThan(250);
  });

  it('comes to an end when an index keeps telling what is no longer due', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => parked(`e${index}`, 0));
    const { ports, log } = await makeTick(rows);
    ports.deliveries.due = async (shard) => (shard === 0 ? rows : []);
    await requeueDeliveries(ports, deadline);
    expect(log.filter((line) => line.includes('#'))).toHaveLength(100);
  });
});
