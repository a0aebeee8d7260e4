import { functionFor, matchRoute, type RouteNode } from '../../../local/api/routes';

function tree(...paths: string[]): RouteNode {
  const root: RouteNode = { id: '/', path: '/', methods: new Map(), children: new Map() };
  for (const path of paths) {
    let node = root;
    for (const part of path.split('/').filter((one) => one !== '')) {
      const next: RouteNode = node.children.get(part) ?? {
        id: part,
        path: `${node.path === '/' ? '' : node.path}/${part}`,
        methods: new Map(),
        children: new Map(),
      };
      node.children.set(part, next);
      node = next;
    }
    node.methods.set('ANY', path);
  }
  return root;
}

const root = tree(
  '/',
  '/{proxy+}',
  '/change',
  '/change/status',
  '/v2/user/{by}/{value}',
  '/v1/topics/{name}',
);
const match = (path: string) => {
  const found = matchRoute(root, path);
  return found && [found.node.path, found.parameters];
};

describe('matchRoute', () => {
  it.each([
    ['/', '/', {}],
    ['/change', '/change', {}],
    ['/change/', '/change', {}],
    ['/change/status', '/change/status', {}],
    ['/change/other', '/{proxy+}', { proxy: 'change/other' }],
    ['/v2/user/uuid/a%2Fb%20c', '/v2/user/{by}/{value}', { by: 'uuid', value: 'a%2Fb%20c' }],
    ['/v2/user/uuid', '/{proxy+}', { proxy: 'v2/user/uuid' }],
    ['/v2', '/{proxy+}', { proxy: 'v2' }],
    ['/v1/topics/{name}', '/v1/topics/{name}', { name: '{name}' }],
    ['/{proxy+}', '/{proxy+}', { proxy: '{proxy+}' }],
    ['//change', '/{proxy+}', { proxy: '/change' }],
    ['/v1/topics//', '/{proxy+}', { proxy: 'v1/topics/' }],
    ['/../change', '/{proxy+}', { proxy: '../change' }],
    ['/__proto__', '/{proxy+}', { proxy: '__proto__' }],
  ])('%s → %s', (path, resource, parameters) => {
    expect(match(path)).toEqual([resource, parameters]);
  });

  it('finds nothing where no resource takes the rest', () => {
    expect(matchRoute(tree('/change'), '/other')).toBeUndefined();
    expect(matchRoute(tree('/change'), '/')).toBeUndefined();
  });
});

describe('functionFor', () => {
  const node = {
    ...root,
    methods: new Map([
      ['GET', 'get'],
      ['ANY', 'any'],
    ]),
  };

  it('prefers the method itself to ANY, and knows no others than API Gateway', () => {
    expect(functionFor(node, 'GET')).toBe('get');
    expect(functionFor(node, 'HEAD')).toBe('any');
    expect(functionFor(node, 'TRACE')).toBeUndefined();
    expect(functionFor(node, 'ANY')).toBe('any');
  });
});
