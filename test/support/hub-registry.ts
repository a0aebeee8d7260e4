import type { Reply } from './message-hub';

interface Row {
  id: number;
  [member: string]: unknown;
}

const notFound: Reply = { status: 404, body: { errors: { detail: 'Not Found' } } };
const taken = (name: string): Reply => ({
  status: 409,
  body: { data: { errors: { [name]: ['has already been taken'] } } },
});

/** Topics and consumers of a hub, as the topics door shows them. Lists come in pages of two. */
export function makeHubRegistry() {
  const topics: Row[] = [];
  const consumers: Row[] = [];
  let lastId = 0;
  const nextId = () => {
    lastId += 1;
    return lastId;
  };
  const postTopic = (body: Record<string, unknown>): Reply => {
    const blank = ['name', 'origin_host'].filter((name) => `${body[name] ?? ''}`.trim() === '');
    if (blank.length > 0) {
      const errors = Object.fromEntries(blank.map((name) => [name, ["can't be blank"]]));
      return { status: 400, body: { data: { errors } } };
    }
    if (topics.some(({ name }) => name === body.name)) {
      return taken('name');
    }
    const { name, origin_host, recovery_enabled = false } = body;
    const row = { id: nextId(), name, origin_host, recovery_enabled };
    topics.push(row);
    return { status: 201, body: { data: { id: row.id, name } } };
  };
  const postConsumer = (body: Record<string, unknown>): Reply => {
    const { topic, target, type, active = false, from_now, ...rest } = body;
    if (!topics.some(({ name }) => name === topic)) {
      return { status: 400, body: { data: { errors: { topic: ['is invalid'] } } } };
    }
    if (consumers.some((one) => one.topic === topic && one.target === target && one.type === type)) {
      return taken('target');
    }
    consumers.push({
      ...{ id: nextId(), topic, target, type, active },
      ...{ seconds_timeout: 5, seconds_retry: 30, chunk_size: null, ...rest },
    });
    return { status: 201, body: { data: {} } };
  };
  const list = (rows: readonly Row[], query: URLSearchParams): Reply => {
    const topic = query.get('topic');
    const after = Number(query.get('after') ?? 0);
    const matching = rows.filter((row) => row.id > after && (topic === null || row.topic === topic));
    const page = matching.slice(0, 2);
    const next = matching.length > 2 ? { next: String(page.at(-1)?.id) } : {};
    return { status: 200, body: { data: page, ...next } };
  };
  const one = (rows: Row[], id: number, method: string, body: Record<string, unknown>): Reply => {
    const row = rows.find((candidate) => candidate.id === id);
    if (row === undefined) {
      return notFound;
    }
    if (method === 'DELETE') {
      rows.splice(rows.indexOf(row), 1);
      return { status: 204 };
    }
    return { status: 200, body: { data: Object.assign(row, body) } };
  };
  return {
    topics,
    consumers,
    serve(method: string, path: string, text: string): Reply | undefined {
      const url = new URL(path, 'http://hub');
      const [, what, id] = /^\/api\/(topics|publishers)\/?(\d+)?\/?$/.exec(url.pathname) ?? [];
      if (what === undefined) {
        return undefined;
      }
      const rows = what === 'topics' ? topics : consumers;
      const body = text === '' ? {} : JSON.parse(text);
      if (id !== undefined) {
        return one(rows, Number(id), method, body);
      }
      if (method === 'GET') {
        return list(rows, url.searchParams);
      }
      return what === 'topics' ? postTopic(body) : postConsumer(body);
    },
  };
}

export type HubRegistry = ReturnType<typeof makeHubRegistry>;
