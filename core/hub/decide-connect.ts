import { isUserId } from './hub-connection';
import type { Condition, ConnectConditions, ConnectGrant, ConnectRule, HubSettings } from './hub-schema';

type ListsByName = Readonly<Record<string, readonly string[]>>;

/** What is known of a client that wants to connect. */
export interface ConnectQuestion {
  readonly claims: ListsByName;
  readonly query: ListsByName;
  /** Of the client's handshake. */
  readonly clientHeaders: ListsByName;
  readonly subprotocols: readonly string[];
  readonly clientCertificates: readonly { readonly thumbprint?: unknown }[];
  /** As the service names the user. */
  readonly userId: string | undefined;
}

/** What the client is given; nothing of it where the rule says nothing. */
export interface ConnectGift {
  readonly groups?: readonly string[];
  readonly roles?: readonly string[];
  readonly userId?: string;
  readonly subprotocol?: string;
}

/** `rule` is the place of the rule that decided. */
export type ConnectDecision =
  | {
      readonly outcome: 'allowed';
      readonly rule?: number;
      readonly gift: ConnectGift;
      readonly state: NonNullable<ConnectGrant['state']>;
    }
  | {
      readonly outcome: 'refused';
      readonly rule?: number;
      readonly status: 401 | 403;
      readonly text: string;
    };

/**
 * Who may connect: the first rule that fits decides. Where there are rules and none fits, nobody may; where there is
 * none, everybody whom the service knows. Who has no user id after that needs a hub that lets in anonymous clients.
 */
export function decideConnect(
  question: ConnectQuestion,
  { anonymous = false, rules = [{ allow: {} }] }: HubSettings,
): ConnectDecision {
  const place = rules.findIndex(({ when = {} }) => fits(when, question));
  const rule: ConnectRule | undefined = rules[place];
  if (rule === undefined) {
    return { outcome: 'refused', ...refusalOf(question, 'no rule of this hub lets this client connect') };
  }
  if (rule.deny !== undefined) {
    const { status, text = 'a rule of this hub refuses this client' } = rule.deny;
    return { outcome: 'refused', rule: place, status, text };
  }
  const { allow = {} } = rule;
  const userId = userOf(allow, question);
  if (userId === 'unusable') {
    const text = 'the claim that names the user of this hub holds what no user id can';
    return { outcome: 'refused', rule: place, status: 403, text };
  }
  if (userId === undefined && question.userId === undefined && !anonymous) {
    const text = 'this hub takes no anonymous clients: connect with a token that names a user';
    return { outcome: 'refused', rule: place, status: 401, text };
  }
  return { outcome: 'allowed', rule: place, gift: giftOf(allow, question, userId), state: allow.state ?? {} };
}

/** Who is not known may come back as somebody; to whom is known that is no help. */
function refusalOf(
  { userId, claims }: ConnectQuestion,
  text: string,
): { readonly status: 401 | 403; readonly text: string } {
  const isKnown = userId !== undefined || Object.keys(claims).length > 0;
  return { status: isKnown ? 403 : 401, text };
}

function giftOf(allow: ConnectGrant, question: ConnectQuestion, userId: string | undefined): ConnectGift {
  const { groups = [], roles = [], subprotocols = [] } = allow;
  const subprotocol = subprotocols.find((one) => question.subprotocols.includes(one));
  return {
    ...(groups.length > 0 && { groups }),
    ...(roles.length > 0 && { roles }),
    ...(userId !== undefined && { userId }),
    ...(subprotocol !== undefined && { subprotocol }),
  };
}

function userOf({ userId }: ConnectGrant, { claims }: ConnectQuestion): string | undefined | 'unusable' {
  const [named] = (userId && valuesOf(claims, userId.claim)) ?? [];
  return named === undefined || isUserId(named) ? named : 'unusable';
}

function fits(when: ConnectConditions, question: ConnectQuestion): boolean {
  const thumbprints = question.clientCertificates.map(({ thumbprint }) => plainThumbprint(`${thumbprint}`));
  const { claims = {}, query = {}, headers = {}, subprotocols, certificates, userId } = when;
  return (
    fitsAll(claims, (name) => valuesOf(question.claims, name)) &&
    fitsAll(query, (name) => valuesOf(question.query, name)) &&
    fitsAll(headers, (name) => headersOf(question.clientHeaders, name)) &&
    isMet(subprotocols, question.subprotocols) &&
    isMet(certificates && plainCondition(certificates), thumbprints) &&
    isMet(userId, question.userId === undefined ? [] : [question.userId])
  );
}

function fitsAll(
  conditions: Readonly<Record<string, Condition>>,
  valuesOf: (name: string) => readonly string[],
): boolean {
  return Object.entries(conditions).every(([name, condition]) => isMet(condition, valuesOf(name)));
}

/** One of the values is enough. */
function isMet(condition: Condition | undefined, values: readonly string[]): boolean {
  if (condition === undefined) {
    return true;
  }
  const { equals, oneOf, present } = condition;
  if (present !== undefined) {
    return values.length > 0 === present;
  }
  const wanted = oneOf ?? [equals];
  return values.some((value) => wanted.includes(value));
}

function valuesOf(lists: ListsByName, name: string): readonly string[] {
  return Object.hasOwn(lists, name) ? (lists[name] ?? []) : [];
}

function headersOf(lists: ListsByName, name: string): readonly string[] {
  return Object.entries(lists).flatMap(([other, values]) =>
    other.toLowerCase() === name.toLowerCase() ? values : [],
  );
}

/** People write `AB:CD`, services `abcd`. */
function plainThumbprint(text: string): string {
  return text.replace(/[:\s]/g, '').toLowerCase();
}

function plainCondition({ equals, oneOf, ...rest }: Condition): Condition {
  return {
    ...rest,
    ...(equals !== undefined && { equals: plainThumbprint(equals) }),
    ...(oneOf !== undefined && { oneOf: oneOf.map(plainThumbprint) }),
  };
}
