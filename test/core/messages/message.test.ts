import { readMessage, toEvent } from '../../../core/messages/message';

const fields = (members: Record<string, string>) => new Map(Object.entries(members));
const refusalOf = (members: Record<string, string>) => {
  try {
    readMessage(fields(members));
  } catch (error) {
    return (error as { fields?: unknown }).fields;
  }
  return undefined;
};

describe('readMessage', () => {
  it.each(['{"n":1.0}', '"text"', '[1,2]', 'null', '0', 'false', '[[[[]]]]'])(
    'takes %s for a payload, with the text that it has',
    (payload) => {
      expect(readMessage(fields({ topic: '"t"', payload, attributes: payload }))).toEqual({
        topic: 't',
        payloadJson: payload,
        attributesJson: payload,
      });
    },
  );

  it('says what is wrong with a topic or a missing payload, by name', () => {
    expect(refusalOf({ payload: '1' })).toEqual({ topic: ["can't be blank"] });
    expect(refusalOf({ topic: 'null', payload: '1' })).toEqual({ topic: ["can't be blank"] });
    expect(refusalOf({ topic: '""', payload: '1' })).toEqual({ topic: ["can't be blank"] });
    expect(refusalOf({ topic: '7', payload: '1' })).toEqual({ topic: ['is invalid'] });
    expect(refusalOf({ topic: '"\\ud800"', payload: '1' })).toEqual({ topic: ['is invalid'] });
    expect(refusalOf({ topic: JSON.stringify('x'.repeat(256)), payload: '1' })).toEqual({
      topic: ['is invalid'],
    });
    expect(refusalOf({ topic: '"t"' })).toEqual({ payload: ["can't be blank"] });
  });

  it('never lets a caller say where a message goes', () => {
    const extra = { topic: '"t"', payload: '1', target: '"http://evil"', consumer_id: '7', id: '"x"' };
    expect(toEvent(readMessage(fields(extra)), { id: 'evt_1', at: '2026-11-20T10:00:00.000Z' })).toEqual({
      id: 'evt_1',
      topic: { door: 'topics', name: 't' },
      source: '/api/messages',
      time: '2026-11-20T10:00:00.000Z',
      dataJson: '1',
    });
  });
});
