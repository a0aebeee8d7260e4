import { makeEvent, makePreflight, type SentEvent } from './web-pubsub-events';

/** A row of the comparison: the status that each receiver answers. */
export interface ComparisonRow {
  readonly name: string;
  readonly event: SentEvent;
  /** The Express library with handlers; without any. 404 is what Express answers when it passes a request on. */
  readonly express: number;
  readonly expressWithoutHandlers: number;
  /** The Python library, wrapped around an application. */
  readonly python: number | 'inner application';
  readonly ours: number;
}

type Statuses = readonly [
  express: number,
  expressWithoutHandlers: number,
  python: ComparisonRow['python'],
  ours: number,
];

function row(name: string, event: SentEvent, statuses: Statuses): ComparisonRow {
  const [express, expressWithoutHandlers, python, ours] = statuses;
  return { name, event, express, expressWithoutHandlers, python, ours };
}

const connectWith = (headers: Record<string, string | undefined>) => makeEvent('sys.connect', { headers });

/** What all receivers have, and what the Python library alone cannot do, or the Express library. */
export const comparison: readonly ComparisonRow[] = [
  row('connect', makeEvent('sys.connect'), [200, 200, 200, 200]),
  row('connected', makeEvent('sys.connected'), [200, 200, 200, 200]),
  row('disconnected', makeEvent('sys.disconnected'), [200, 200, 200, 200]),
  row('message', makeEvent('user.message'), [200, 200, 200, 200]),
  row('preflight', makePreflight(), [200, 200, 200, 200]),
  row(
    'preflight without origin',
    makePreflight({ 'WebHook-Request-Origin': undefined }),
    [400, 400, 400, 400],
  ),
  row('preflight without awpsversion', makePreflight({ 'ce-awpsversion': undefined }), [
    404,
    404,
    'inner application',
    200,
  ]),
  row('bad signature, no validator', connectWith({ 'ce-signature': 'sha256=00' }), [200, 200, 200, 200]),
  row('missing signature, no validator', connectWith({ 'ce-signature': undefined }), [200, 200, 200, 200]),
  row('connect: invalid JSON', makeEvent('sys.connect', { body: '{' }), [500, 200, 400, 400]),
  row('connect: empty body', makeEvent('sys.connect', { body: '' }), [500, 200, 400, 400]),
  row('connect: body null', makeEvent('sys.connect', { body: 'null' }), [500, 200, 500, 400]),
  row('connect: body an array', makeEvent('sys.connect', { body: '[]' }), [200, 200, 500, 400]),
  row('missing connectionId', connectWith({ 'ce-connectionId': undefined }), [200, 200, 400, 400]),
  row('missing eventName', connectWith({ 'ce-eventName': undefined }), [200, 200, 400, 400]),
  row('missing hub', connectWith({ 'ce-hub': undefined }), [404, 404, 400, 400]),
  row('missing type', connectWith({ 'ce-type': undefined }), [404, 404, 400, 400]),
  row('unknown type', connectWith({ 'ce-type': 'azure.webpubsub.sys.other' }), [404, 404, 400, 400]),
  row('missing origin', connectWith({ 'WebHook-Request-Origin': undefined }), [404, 404, 400, 400]),
  row('missing state', connectWith({ 'ce-connectionState': undefined }), [200, 200, 400, 200]),
  row('state that is no base64', connectWith({ 'ce-connectionState': 'e30' }), [200, 200, 500, 200]),
  row('state that is no JSON', connectWith({ 'ce-connectionState': 'YWJj' }), [200, 200, 500, 200]),
  row('state that is an array', connectWith({ 'ce-connectionState': 'WzFd' }), [200, 200, 200, 200]),
  row('hub mismatch', connectWith({ 'ce-hub': 'other' }), [404, 404, 200, 404]),
  row('type in upper case', connectWith({ 'ce-type': 'AZURE.WEBPUBSUB.SYS.CONNECT' }), [404, 404, 200, 200]),
  row('disconnected: empty body', makeEvent('sys.disconnected', { body: '' }), [200, 200, 400, 200]),
  row('connected: empty body', makeEvent('sys.connected', { body: '' }), [200, 200, 200, 200]),
  row('custom user event', makeEvent('user.vote'), [200, 200, 400, 200]),
  row(
    'user event: invalid JSON',
    makeEvent('user.message', { headers: { 'Content-Type': 'application/json' }, body: '{' }),
    [500, 200, 200, 400],
  ),
  row(
    'user event without content type',
    makeEvent('user.message', { headers: { 'Content-Type': undefined } }),
    [404, 200, 200, 415],
  ),
  row(
    'user event of another type',
    makeEvent('user.message', { headers: { 'Content-Type': 'image/png' } }),
    [404, 200, 200, 415],
  ),
  row('GET', makeEvent('sys.connect', { method: 'GET', body: '' }), [404, 404, 405, 405]),
  row('PUT', makeEvent('sys.connect', { method: 'PUT' }), [404, 404, 405, 405]),
  row('path/', makeEvent('sys.connect', { path: '/eventhandler/' }), [200, 200, 404, 200]),
  row('path/below', makeEvent('sys.connect', { path: '/eventhandler/below' }), [200, 200, 404, 404]),
  row('path in another case', makeEvent('sys.connect', { path: '/EventHandler' }), [200, 200, 404, 404]),
  row('path with a query', makeEvent('sys.connect', { path: '/eventhandler?code=1' }), [200, 200, 200, 200]),
  row('presence: joined', makeEvent('gp.joined'), [200, 200, 400, 200]),
  row('presence: left', makeEvent('gp.left'), [200, 200, 400, 200]),
  row('presence: empty body', makeEvent('gp.joined', { body: '' }), [200, 200, 400, 400]),
];
