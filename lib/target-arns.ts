/** What deliver-webhooks is allowed on a target of each service, and nothing else. */
const services = {
  sqs: { action: 'sqs:SendMessage', resource: /^[A-Za-z0-9_-]{1,80}(\.fifo)?$/ },
  sns: { action: 'sns:Publish', resource: /^[A-Za-z0-9_-]{1,256}(\.fifo)?$/ },
  events: { action: 'events:PutEvents', resource: /^event-bus\/[A-Za-z0-9._/-]{1,256}$/ },
  kinesis: { action: 'kinesis:PutRecord', resource: /^stream\/[A-Za-z0-9._-]{1,128}$/ },
} as const;

/** One ARN of the setting `targetArns`. */
export interface TargetGrant {
  readonly action: string;
  readonly arn: string;
}

/** Whether it names one target exactly; region and account may be left empty for the stack's own. */
export function isTargetArn(text: string): boolean {
  const [, service = '', , , resource = ''] = split(text);
  return isKnown(service) && services[service].resource.test(resource);
}

/**
 * The ARNs with what they are granted. Empty regions and accounts become the stack's: only the deployment knows
 * those, so they are tokens.
 */
export function targetGrants(
  arns: readonly string[],
  own: { readonly region: string; readonly account: string },
): readonly TargetGrant[] {
  return arns.map((text) => {
    const [partition, service = '', region, account, resource] = split(text);
    return {
      action: isKnown(service) ? services[service].action : '',
      arn: `arn:${partition}:${service}:${region || own.region}:${account || own.account}:${resource}`,
    };
  });
}

function split(text: string): readonly string[] {
  return /^arn:(aws[a-z-]*):([a-z]+):([a-z0-9-]*):(\d{12}|):([^:]+)$/.exec(text)?.slice(1) ?? [];
}

function isKnown(service: string): service is keyof typeof services {
  return Object.hasOwn(services, service);
}
