import { explainRefusal, type PrivateTargets, vetUrl } from '../../webhooks/targets/network-guard';
import { castFields, type FieldCast } from '../cast-fields';
import { INVALID } from '../field-errors';
import type { Fields } from '../message';
import { type ConsumerRequest, type ConsumerType, consumerTypes } from './consumer';
import { readConsumerTarget } from './consumer-target';

/** A third of the time for which it is tried: so it is tried more than once. */
const LONGEST_INTERVAL_SECONDS = 24 * 3600;

/** What one call of Google Pub/Sub takes. */
const LARGEST_CHUNK = 1000;

/** docs/decisions/069-a-consumer-that-nothing-serves-is-refused.md */
const NOWHERE_TO_PUBLISH = 'pubsub needs the setting "pubsub" of this stage, which is not set';

/** Anything may be given, and only these ask for the history. */
const falsehoods: ReadonlySet<string | undefined> = new Set(['false', '0', '"false"', '"0"']);

/** What a change may say; what is not given stays. */
export type ConsumerChanges = Partial<
  Pick<ConsumerRequest, 'target' | 'active' | 'secondsTimeout' | 'secondsRetry' | 'chunkSize'>
>;

/**
 * @param topic that there is: it is looked for before anything else, as in the original.
 * @throws RefusedFields.
 */
export function readConsumerRequest(
  topic: string,
  fields: Fields,
  { privateTargets, publishes }: { readonly privateTargets: PrivateTargets; readonly publishes: boolean },
): ConsumerRequest {
  const cast = castFields(fields);
  const typeText = cast.text('type');
  const type = consumerTypes.find((one) => one === typeText);
  if (typeText !== '' && !type) {
    cast.refuse('type', INVALID);
  }
  if (type === 'pubsub' && !publishes) {
    cast.refuse('type', NOWHERE_TO_PUBLISH);
  }
  const request = {
    topic,
    target: readTarget(cast, type ?? 'pubsub', privateTargets),
    type: type ?? 'http',
    active: cast.truth('active', false),
    fromNow: !falsehoods.has(fields.get('from_now')),
    ...readNumbers(cast),
  };
  cast.finish();
  return request;
}

/** @throws RefusedFields. */
export function readConsumerChanges(
  fields: Fields,
  type: ConsumerType,
  privateTargets: PrivateTargets,
): ConsumerChanges {
  const cast = castFields(fields);
  const changes = {
    ...(fields.has('target') && { target: readTarget(cast, type, privateTargets) }),
    ...(fields.has('active') && { active: cast.truth('active', false) }),
    ...readNumbers(cast),
  };
  cast.finish();
  return changes;
}

function readNumbers(
  cast: FieldCast,
): Pick<ConsumerRequest, 'secondsTimeout' | 'secondsRetry' | 'chunkSize'> {
  return {
    secondsTimeout: cast.count('seconds_timeout'),
    secondsRetry: cast.count('seconds_retry', LONGEST_INTERVAL_SECONDS),
    chunkSize: cast.count('chunk_size', LARGEST_CHUNK),
  };
}

/** The original takes any text for a URL; a target that is never called tells nobody of its mistake. */
function readTarget(cast: FieldCast, type: ConsumerType, privateTargets: PrivateTargets): string {
  const target = cast.text('target');
  if (target === '' || type === 'pubsub') {
    return target;
  }
  const read = readConsumerTarget(target);
  const verdict = read && vetUrl(read.url, privateTargets);
  if (!verdict) {
    cast.refuse('target', INVALID);
  } else if (!verdict.ok) {
    cast.refuse('target', explainRefusal(verdict.reason));
  }
  return target;
}
