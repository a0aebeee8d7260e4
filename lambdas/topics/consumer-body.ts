import { typeOf } from '../../core/messages/consumers/consumer';
import type { ConsumerSubscription } from '../../core/messages/ports';
import type { NumberedTopic } from '../../core/messages/topic-calls';

/** As given where nothing is: contract Postoffice, section 1.2. */
const DEFAULT_TIMEOUT_SECONDS = 5;

/** What the original answers to a call that makes a topic. */
export function toMadeTopicBody({ number, key }: NumberedTopic) {
  return { id: number, name: key.name };
}

export function toTopicBody(topic: NumberedTopic) {
  const { originHost, enabled } = topic.recovery;
  return { ...toMadeTopicBody(topic), origin_host: originHost, recovery_enabled: enabled };
}

/** `seconds_retry` of `null`: the growing waits of the original. */
export function toConsumerBody(subscription: ConsumerSubscription) {
  const { topic, target, state, consumer } = subscription;
  const {
    number,
    secondsTimeout = DEFAULT_TIMEOUT_SECONDS,
    secondsRetry = null,
    chunkSize = null,
  } = consumer;
  return {
    ...{ id: number, topic: topic.name, target, type: typeOf(subscription), active: state === 'active' },
    ...{ seconds_timeout: secondsTimeout, seconds_retry: secondsRetry, chunk_size: chunkSize },
  };
}
