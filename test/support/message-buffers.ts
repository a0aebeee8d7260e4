import { type MessageBuffer, MessageError } from '../../sdk/topics';
import type { NewMessage } from '../../sdk/topics/message';
import { makeMessage } from '../../sdk/topics/message';

/** A message of one payload, unless it is said otherwise. */
export function messageOf(id: string, said: Partial<NewMessage> = {}) {
  return makeMessage({ id, kind: 'single', topic: 'orders', payloads: [id], attributes: {}, ...said });
}

export async function failureOf(work: Promise<unknown>): Promise<MessageError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason) => reason,
  );
  if (!(error instanceof MessageError)) {
    throw error;
  }
  return error;
}

/** What a buffer holds, as the ids in their order. */
export async function contentsOf(buffer: MessageBuffer) {
  const ids = (messages: ReadonlyArray<{ readonly id: string }>) => messages.map(({ id }) => id);
  return { waiting: ids(await buffer.waiting()), refused: ids(await buffer.refused()) };
}

/** What every buffer promises. */
export function buffersPromise(
  open: (limits?: { maxMessages?: number; maxBytes?: number }) => Promise<MessageBuffer>,
): void {
  const refusal = { reason: 'answered 400', status: 400 };

  it('keeps messages whole and in order, of each topic too', async () => {
    const buffer = await open();
    const messages = [
      messageOf('1'),
      messageOf('2', { topic: 'bills', payloads: [{ 'ä"\n\u2028🙂': '\ud800' }], attributes: null }),
      messageOf('3', { kind: 'bulk', payloads: [1, 'two', null] }),
      messageOf('4', { kind: 'scheduled', scheduleAt: '2030-01-01T00:00:00.000Z' }),
    ];
    await buffer.append(messages.slice(0, 2));
    await buffer.append(messages.slice(2));
    expect(await buffer.waiting()).toEqual(messages);
    expect(await buffer.waiting({ limit: 2 })).toEqual(messages.slice(0, 2));
    expect(await buffer.waiting({ topic: 'bills' })).toEqual([messages[1]]);
    expect(await buffer.waiting({ topic: 'orders', limit: 1 })).toEqual([messages[0]]);
    expect(await buffer.waiting({ topic: 'nothing' })).toEqual([]);
    expect(await buffer.waitingTopics()).toEqual(['orders', 'bills']);
  });

  it('forgets what is removed', async () => {
    const buffer = await open();
    await buffer.append(['1', '2'].map((id) => messageOf(id)));
    expect(await buffer.remove('1')).toBe(true);
    expect(await buffer.remove('1')).toBe(false);
    expect(await contentsOf(buffer)).toEqual({ waiting: ['2'], refused: [] });
    await buffer.remove('2');
    expect(await buffer.waitingTopics()).toEqual([]);
    expect(await buffer.stats()).toEqual({ waiting: 0, refused: 0, bytes: 0, fullness: 0 });
  });

  it('puts refusals apart with their reason, and has them wait again behind all others', async () => {
    const buffer = await open();
    await buffer.append(['1', '2'].map((id) => messageOf(id)));
    await buffer.refuse('1', refusal);
    await buffer.refuse('unknown', refusal);
    expect(await contentsOf(buffer)).toEqual({ waiting: ['2'], refused: ['1'] });
    const [kept] = await buffer.refused();
    expect(kept).toMatchObject({ ...messageOf('1'), createdAt: expect.any(String), ...refusal });
    expect(Date.parse(kept?.refusedAt ?? '')).toBeGreaterThan(0);
    expect(await buffer.retry('1')).toBe(true);
    expect(await buffer.retry('2')).toBe(false);
    expect(await contentsOf(buffer)).toEqual({ waiting: ['2', '1'], refused: [] });
    expect((await buffer.waiting({ topic: 'orders' })).map(({ id }) => id)).toEqual(['2', '1']);
    await buffer.refuse('2', refusal);
    expect(await buffer.remove('2')).toBe(true);
    expect((await buffer.refused({ limit: 1 })).length).toBe(0);
  });

  it('puts others in the place of one', async () => {
    const buffer = await open();
    await buffer.append(['1', '2', '3'].map((id) => messageOf(id)));
    await buffer.replace('2', [messageOf('2.0'), messageOf('2.1')]);
    await buffer.replace('2', [messageOf('2.9')]);
    expect((await contentsOf(buffer)).waiting).toEqual(['1', '2.0', '2.1', '3']);
  });

  it('is full at its limits, and takes all of a list or none of it', async () => {
    const buffer = await open({ maxMessages: 3 });
    await buffer.append([messageOf('1'), messageOf('2')]);
    await buffer.refuse('1', refusal);
    const error = await failureOf(buffer.append([messageOf('3'), messageOf('4')]));
    expect(error).toMatchObject({
      code: 'buffer_full',
      failed: [{ idempotencyKey: '3' }, { idempotencyKey: '4' }],
    });
    expect(error.message).toContain('the buffer holds 2 messages');
    expect(await contentsOf(buffer)).toEqual({ waiting: ['2'], refused: ['1'] });
    await buffer.append([messageOf('3')]);
    expect(await buffer.stats()).toMatchObject({ waiting: 2, refused: 1, fullness: 1 });
    await buffer.remove('1');
    await buffer.append([messageOf('4')]);
    const small = await open({ maxBytes: 1_000 });
    await small.append([messageOf('1', { payloads: ['x'.repeat(500)] })]);
    expect((await failureOf(small.append([messageOf('2', { payloads: ['x'.repeat(500)] })]))).code).toBe(
      'buffer_full',
    );
  });

  it('counts what is on its way in', async () => {
    const buffer = await open({ maxMessages: 5 });
    const appends = Array.from({ length: 9 }, (_, index) => buffer.append([messageOf(`${index}`)]));
    const ends = await Promise.allSettled(appends);
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect((await buffer.stats()).waiting).toBe(5);
  });

  it('has a message once, and no two under one id', async () => {
    const buffer = await open({ maxMessages: 1 });
    await buffer.append([messageOf('1')]);
    await buffer.append([messageOf('1')]);
    await buffer.refuse('1', refusal);
    await buffer.append([messageOf('1')]);
    expect(await contentsOf(buffer)).toEqual({ waiting: [], refused: ['1'] });
    expect((await failureOf(buffer.append([messageOf('1', { payloads: ['other'] })]))).code).toBe(
      'message_invalid',
    );
  });
}
