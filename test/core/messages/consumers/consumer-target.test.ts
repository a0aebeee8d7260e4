import { readConsumerTarget } from '../../../../core/messages/consumers/consumer-target';

describe('readConsumerTarget', () => {
  it.each([
    ['http://app.test/in?x=1', 'http://app.test/in?x=1'],
    ['https://app.test', 'https://app.test'],
    ['app.test/in', 'http://app.test/in'],
    ['localhost:8000/in/', 'http://localhost:8000/in/'],
    ['ftp://app.test', 'ftp://app.test'],
  ])('%s is called at %s', (target, url) => {
    expect(readConsumerTarget(target)).toEqual({ url });
  });

  it('makes Basic credentials of user and password, decoded', () => {
    const authorization = `Basic ${Buffer.from('us:er:p@ss').toString('base64')}`;
    expect(readConsumerTarget('https://us%3Aer:p%40ss@app.test/in')).toEqual({
      url: 'https://app.test/in',
      authorization: { authorization },
    });
  });

  it.each(['', 'http://', 'a b', 'http://app\ttest/', 'arn:aws:sqs:eu-west-1:123456789012:orders'])(
    '%j is no target',
    (target) => {
      expect(readConsumerTarget(target)).toBeUndefined();
    },
  );
});
