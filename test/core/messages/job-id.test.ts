import fc from 'fast-check';
import { jobId } from '../../../core/messages/job-id';

describe('jobId', () => {
  it('is what it was: consumers keep ids, and the reply of an older release meets the delivery of a newer', () => {
    expect(jobId('evt_1', 'sub_1')).toBe(8_085_686_079_685_793);
  });

  it('is a whole number above 0 that every reader of JSON keeps', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (event, subscription) => {
        const id = jobId(event, subscription);
        expect(Number.isSafeInteger(id) && id > 0).toBe(true);
        expect(JSON.parse(JSON.stringify(id))).toBe(id);
      }),
    );
  });

  it('differs for another message and for another consumer, wherever one name ends', () => {
    const ids = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['abc', ''],
      ['a"', '"bc'],
    ].map(([event = '', subscription = '']) => jobId(event, subscription));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
