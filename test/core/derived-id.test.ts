import { derivedId } from '../../core/derived-id';

describe('derivedId', () => {
  it('is the same for ever: stores and subscribers hold such ids', () => {
    expect(derivedId('evt', 'shardId-000000000000', '49', 'profile.created')).toBe(
      'evt_Yrhw4c39ikA_R3bByCbLOxbj',
    );
    expect(derivedId('dlv', 'evt_1', 'sub_1', 0)).toBe('dlv_uz1AkmTun6CV3ARS_2NAOdRm');
  });

  it('tells apart what runs together as text, and a number from its digits', () => {
    const ids = [['ab', 'c'], ['a', 'bc'], ['abc'], ['1'], [1], ['a","b'], ['a', 'b']].map((parts) =>
      derivedId('evt', ...parts),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});
