/** What can be a target beside a URL: a queue, a topic, an event bus or a stream of the stack's own account. */
export interface TargetArn {
  readonly text: string;
  readonly service: 'sqs' | 'sns' | 'events' | 'kinesis';
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Without the `event-bus/` or `stream/` before it. */
  readonly name: string;
}

/** What a stage lets its subscriptions lead to (setting `targetArns`), and where the stage itself is. */
export interface OwnTargets {
  readonly account: string;
  readonly region: string;
  readonly arns: readonly string[];
}

/** Why an ARN is not called. */
export type ArnRefusal = 'not_a_target_arn' | 'another_account' | 'another_region' | 'not_listed';

/** A stage that has no targets but URLs. */
export const noOwnTargets: OwnTargets = { account: '', region: '', arns: [] };

/** How the resource of each service is written. */
const resources: Readonly<Record<TargetArn['service'], RegExp>> = {
  sqs: /^([A-Za-z0-9_-]{1,80}(?:\.fifo)?)$/,
  sns: /^([A-Za-z0-9_-]{1,256}(?:\.fifo)?)$/,
  events: /^event-bus\/([A-Za-z0-9._/-]{1,256})$/,
  kinesis: /^stream\/([A-Za-z0-9._-]{1,128})$/,
};

/** Whether a target is meant to be an ARN: a URL of that scheme does not exist. */
export function isArn(target: string): boolean {
  return /^arn:/i.test(target);
}

/** @returns `undefined` for what is no queue, topic, bus or stream, whoever owns it. */
export function parseTargetArn(text: string): TargetArn | undefined {
  const [, partition = '', service = '', region = '', account = '', resource = ''] =
    /^arn:(aws[a-z-]*):([a-z]+):([a-z0-9-]+):(\d{12}):([^:]+)$/.exec(text) ?? [];
  const isKnown = (name: string): name is TargetArn['service'] => Object.hasOwn(resources, name);
  const name = isKnown(service) ? resources[service].exec(resource)?.[1] : undefined;
  return isKnown(service) && name !== undefined
    ? { text, service, partition, region, account, name }
    : undefined;
}

/** Judges an ARN, when a subscription is made and again before every delivery: settings change. */
export function vetTargetArn(
  text: string,
  own: OwnTargets,
): { readonly ok: true; readonly arn: TargetArn } | { readonly ok: false; readonly reason: ArnRefusal } {
  const arn = parseTargetArn(text);
  if (!arn) {
    return { ok: false, reason: 'not_a_target_arn' };
  }
  if (own.arns.length > 0 && arn.account !== own.account) {
    return { ok: false, reason: 'another_account' };
  }
  if (own.arns.length > 0 && arn.region !== own.region) {
    return { ok: false, reason: 'another_region' };
  }
  // The role could not reach what it was not granted; this says so before anybody waits for an event.
  return own.arns.includes(text) ? { ok: true, arn } : { ok: false, reason: 'not_listed' };
}

/**
 * Reads the variable `TARGET_ARNS`: the JSON of {@link OwnTargets}, or nothing for none.
 * @throws when it is anything else.
 */
export function parseOwnTargets(text: string): OwnTargets {
  if (text === '') {
    return noOwnTargets;
  }
  const { account, region, arns } = JSON.parse(text) as Partial<OwnTargets>;
  if (typeof account !== 'string' || typeof region !== 'string' || !Array.isArray(arns)) {
    throw new Error('TARGET_ARNS must be JSON {account, region, arns}');
  }
  return { account, region, arns };
}

const explanations: Readonly<Record<ArnRefusal, string>> = {
  not_a_target_arn:
    'it is no ARN of an SQS queue, an SNS topic, an EventBridge bus or a Kinesis stream, with region and account',
  another_account: 'it is of another account than this stack; lead it there from a target of this account',
  another_region: 'it is of another region than this stack',
  not_listed:
    "it is not in the stage's setting targetArns; whoever deploys the stack adds it there, and so grants it",
};

/** The rest of the sentence "the target is refused: …". */
export function explainArnRefusal(reason: ArnRefusal): string {
  return explanations[reason];
}
