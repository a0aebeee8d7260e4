import type { HubSettings } from '../../core/hub/hub-schema';
import { type HubTable, readHubKeys } from '../../core/hub/hub-table';
import { AccessKeyValidator, AllowedOriginsValidator, type RequestValidator } from '../../sdk/receiver';
import type { ParsedSecret } from '../shared/parsed-secret';
import { isSameSecret } from '../shared/same-secret';

/** What services prove themselves by, ready for use. */
export interface PreparedKeys {
  /** One for each connection string. */
  readonly validators: readonly AccessKeyValidator[];
  readonly codes: HubTable<readonly string[]>;
}

export type HubKeysSource = ParsedSecret<PreparedKeys>;

/** @throws Error when an operator has mistyped it. */
export function prepareKeys(text: string): PreparedKeys {
  const { accessKeys, codes } = readHubKeys(text);
  return { validators: accessKeys.map((one) => new AccessKeyValidator(one)), codes };
}

/** Whether the request's `code` is one of the hub's, where it has any; they are read again before one is refused. */
export async function hasCode(
  hub: string,
  offered: string | undefined,
  keys: HubKeysSource,
): Promise<boolean> {
  return fits(await keys.current()) || fits(await keys.renewed());

  function fits({ codes }: PreparedKeys): boolean {
    const wanted = codes.find(hub);
    return wanted === undefined || wanted.map((one) => isSameSecret(offered ?? '', one)).includes(true);
  }
}

/**
 * Who may send events of a hub: the allowed origins, by default those that have a key, or everybody where no
 * signature is asked for. A signature counts by a key of an allowed origin alone.
 */
export function makeHubValidator(
  { allowedOrigins }: HubSettings,
  keys: HubKeysSource,
  isSignatureRequired: boolean,
): RequestValidator {
  const allowed = allowedOrigins && new AllowedOriginsValidator(allowedOrigins);
  const isAnyAllowed = allowedOrigins?.includes('*') ?? !isSignatureRequired;
  return {
    contains: async (host) =>
      isAllowed(host) ||
      isAllowedByKey(host, await keys.current()) ||
      isAllowedByKey(host, await keys.renewed()),
    validate: async (context) => {
      if (!isSignatureRequired) {
        return context.origins.some(isAllowed);
      }
      return (await isSigned(context, await keys.current())) || isSigned(context, await keys.renewed());
    },
  };

  function isAllowed(host: string): boolean {
    return isAnyAllowed || (allowed?.contains(host) ?? false);
  }

  function isAllowedByKey(host: string, { validators }: PreparedKeys): boolean {
    return allowed === undefined && validators.some((one) => one.contains(host));
  }

  /** All of them are asked, so that the time taken tells nothing about which one fits. */
  async function isSigned(
    context: Parameters<RequestValidator['validate']>[0],
    { validators }: PreparedKeys,
  ): Promise<boolean> {
    const usable = validators.filter(
      (one) =>
        allowed === undefined || context.origins.some((origin) => isAllowed(origin) && one.contains(origin)),
    );
    const verdicts = await Promise.all(usable.map((one) => one.validate(context)));
    return verdicts.includes(true);
  }
}
