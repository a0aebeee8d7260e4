import type * as z from 'zod';
import { parseConfiguredJson } from '../json';
import { type HubSettings, hubKeysSchema, hubsSchema } from './hub-schema';

/** Stands for every hub that is not named. */
const ANY_HUB = '*';

/** Values by hub. Azure tells hubs apart without regard to case. */
export class HubTable<Value> {
  private readonly byName: ReadonlyMap<string, Value>;

  constructor(values: Readonly<Record<string, Value>>) {
    this.byName = new Map(Object.entries(values).map(([name, value]) => [name.toLowerCase(), value]));
  }

  /** The hub's own, else that of every other hub, if there is one. */
  find(hub: string): Value | undefined {
    return this.byName.get(hub.toLowerCase()) ?? this.byName.get(ANY_HUB);
  }
}

/** @throws Error when the text is not JSON of that shape; it names the place, never a value. */
export function readHubs(text: string): HubTable<HubSettings> {
  return new HubTable(parseAs(hubsSchema, text, 'the hubs'));
}

export interface HubKeys {
  /** Connection strings. */
  readonly accessKeys: readonly string[];
  /** What a request's `code` must be. */
  readonly codes: HubTable<readonly string[]>;
}

/** @throws Error as {@link readHubs}. */
export function readHubKeys(text: string): HubKeys {
  const { accessKeys = [], codes = {} } = parseAs(hubKeysSchema, text, 'the keys of the hubs');
  return { accessKeys, codes: new HubTable(codes) };
}

/** Names are shown by the schema's own messages alone: what was mistyped as a name may be a key. */
function parseAs<Schema extends z.ZodType>(schema: Schema, text: string, what: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseConfiguredJson(text, what));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${what} have the wrong shape at "${issue?.path.join('.')}": ${issue?.code}`);
  }
  return parsed.data;
}
