/** From whom mail goes out, and by which identity of SES. */
export interface NotifySender {
  readonly address: string;
  /** The one resource of the grant. */
  readonly identityArn: string;
}

/** Of an identity that is a whole domain. */
const LOCAL_PART = 'changewire';

const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i;
const ADDRESS = /^[a-z0-9._+-]{1,64}@(.{1,189})$/i;

/** Whether it is one plain address, or the exact ARN of an identity; region and account may be left empty. */
export function isNotifySender(text: string): boolean {
  const identity = parse(text)?.identity ?? '';
  return DOMAIN.test(ADDRESS.exec(identity)?.[1] ?? identity);
}

/**
 * The sender of a setting. What is left empty becomes the stack's, which only the deployment knows.
 * @param text of which {@link isNotifySender} holds.
 */
export function notifySender(
  text: string,
  own: { readonly partition: string; readonly region: string; readonly account: string },
): NotifySender {
  const { partition, region, account, identity } = parse(text) ?? { identity: text };
  return {
    address: identity.includes('@') ? identity : `${LOCAL_PART}@${identity}`,
    identityArn: `arn:${partition || own.partition}:ses:${region || own.region}:${account || own.account}:identity/${identity}`,
  };
}

function parse(text: string) {
  const [, partition, region, account, identity] =
    /^arn:(aws[a-z-]*):ses:([a-z0-9-]*):(\d{12}|):identity\/(.+)$/.exec(text) ?? [];
  if (identity !== undefined) {
    return { partition, region, account, identity };
  }
  return text.includes('@') ? { identity: text } : undefined;
}
