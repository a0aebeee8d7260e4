import fc from 'fast-check';
import type { TargetResult } from '../../../../core/webhooks/ports';
import { withoutSecrets } from '../../../../core/webhooks/targets/mask-answer';

async function keep(answer: string, headers: Record<string, string>): Promise<string> {
  const target = { post: async (): Promise<TargetResult> => ({ milliseconds: 1, status: 500, answer }) };
  const request = { url: 'https://a.test/', headers, body: Buffer.from(''), timeoutSeconds: 1 };
  const result = await withoutSecrets(target).post(request);
  return 'answer' in result ? result.answer : '';
}

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('withoutSecrets', () => {
  it.each([
    ['a bearer token', 'Bearer eyJh.bGci.OiJI', 'eyJh.bGci.OiJI'],
    ['a token without its scheme', 'Bearer eyJh.bGci.OiJI', 'got "eyJh.bGci.OiJI" twice: eyJh.bGci.OiJI'],
    ['basic credentials', basic('user:pa55word'), basic('user:pa55word')],
    ['their password', basic('user:pa55word'), 'wrong password pa55word'],
    ['a password with a colon', basic('user:pa55:word'), 'wrong password pa55:word'],
    ['a key that JSON escapes', 'pa"55\\word', JSON.stringify({ key: 'pa"55\\word' })],
  ])('hides %s that an answer quotes', async (_, authorization, answer) => {
    const kept = await keep(answer, { authorization });
    expect(kept).toContain('***');
    expect(kept).not.toMatch(/eyJh|bGci|pa55|55\\|word["\s]*$|dXNlcj/);
  });

  it('hides the values of the subscription’s own headers, and leaves what everybody may know', async () => {
    const headers = { 'x-api-key': 'k-123456', 'content-type': 'application/json', 'webhook-id': 'evt_1234' };
    expect(await keep('application/json evt_1234 k-123456', headers)).toBe('application/json evt_1234 ***');
  });

  it('hides the keys in a URL that an answer quotes, and leaves the rest of it', async () => {
    const post = async (): Promise<TargetResult> => ({
      milliseconds: 1,
      status: 404,
      answer: 'no POST /hook?key=s3cret%2Fkey&v=2 here; s3cret/key is unknown',
    });
    const url = 'https://a.test/hook?key=s3cret%2Fkey&v=2';
    const request = { url, headers: {}, body: Buffer.from(''), timeoutSeconds: 1 };
    expect(await withoutSecrets({ post }).post(request)).toMatchObject({
      answer: 'no POST /hook?key=***&v=2 here; *** is unknown',
    });
  });

  it('leaves short values: they stand in answers by chance', async () => {
    expect(await keep('the tenant is blue', { 'x-tenant': 'blue' })).toBe('the tenant is blue');
  });

  it('passes results on that have no answer', async () => {
    const failed = { milliseconds: 1, failure: 'timeout' } as const;
    const target = withoutSecrets({ post: async () => failed });
    const request = { url: '', headers: { a: 'secret-value' }, body: Buffer.from(''), timeoutSeconds: 1 };
    expect(await target.post(request)).toEqual(failed);
  });

  it('keeps no six characters of a secret together, wherever the kept bytes end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z0-9]{12,40}$/),
        fc.array(fc.constantFrom('<p>', ' ', '|'), { maxLength: 5 }),
        fc.nat(60),
        async (secret, words, end) => {
          const kept = await keep(`${words.join('')}${secret}`.slice(0, end), {
            authorization: `Bearer ${secret}`,
          });
          expect(kept).not.toContain(secret.slice(0, 6));
        },
      ),
    );
  });
});
