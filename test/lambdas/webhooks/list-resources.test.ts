import { routes } from '../../../lambdas/routes';
import { makeAdsDialect } from '../../../lambdas/shared/ads-dialect';
import { listResources } from '../../../lambdas/webhooks/list-resources';
import { openCallbackDoor } from '../../support/callback-doors';

const list = openCallbackDoor(
  {
    name: 'list-resources',
    dialect: makeAdsDialect(401),
    methods: ['GET', 'HEAD'],
    wire: () => listResources,
  },
  '',
);

describe('GET /resources', () => {
  it('tells each path with what it does and its methods, without a token', async () => {
    const { status, text } = await list({ method: 'GET', authorization: null });
    expect(status).toBe(200);
    const body = JSON.parse(text);
    expect(body['/trigger']).toEqual({ description: null, methods: ['POST', 'OPTIONS'] });
    const paths = routes.map(({ path }) => path);
    expect(Object.keys(body).filter((path) => !paths.includes(path))).toEqual([]);
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['/account', '/subscribe', '/trigger']));
  });

  it('answers POST as any path that does not take it', async () => {
    expect(await list({ method: 'POST' })).toMatchObject({
      status: 405,
      text: '{"message": "The method is not allowed for the requested URL."}\n',
    });
  });
});
