import { parseSelector, type TopicKey, topicKeyText } from '../../events/event';
import { selects } from '../../events/topic-pattern';
import type { TopicStore } from '../../topics/ports';
import { systemTopics } from '../../topics/system-topics';
import type { ReplayPlace } from './replay';

/** A page of the registry's list of topics, of which a pattern selects some. */
const TOPICS_PER_PAGE = 100;

/** The topics to begin with: one, all of the system's that a pattern selects, or the first of the registry. */
export async function firstTopics(
  selectorText: string,
  topics: Pick<TopicStore, 'list'>,
): Promise<ReplayPlace> {
  const selector = parseSelector(selectorText);
  if (!selector.isPattern) {
    return { topics: [topicKeyText(selector)] };
  }
  if (selector.door === 'system') {
    return {
      topics: systemTopics
        .map(({ key }) => key)
        .filter(isSelected(selectorText))
        .map(topicKeyText),
    };
  }
  return listTopics(selectorText, topics, undefined);
}

/**
 * The place behind the topic under way. A page of topics may hold none that is selected: its place has no topics, and
 * more to come.
 * @returns `undefined` when that was the last one.
 */
export async function nextTopic(
  { topics: [, ...rest], moreTopics }: ReplayPlace,
  selectorText: string,
  topics: Pick<TopicStore, 'list'>,
): Promise<ReplayPlace | undefined> {
  if (rest.length > 0) {
    return { topics: rest, ...(moreTopics !== undefined && { moreTopics }) };
  }
  return moreTopics === undefined ? undefined : listTopics(selectorText, topics, moreTopics);
}

async function listTopics(
  selectorText: string,
  topics: Pick<TopicStore, 'list'>,
  after: string | undefined,
): Promise<ReplayPlace> {
  const page = await topics.list({ limit: TOPICS_PER_PAGE, ...(after !== undefined && { after }) });
  const keys = page.topics.map(({ key }) => key).filter(isSelected(selectorText));
  return { topics: keys.map(topicKeyText), ...(page.next !== undefined && { moreTopics: page.next }) };
}

function isSelected(selectorText: string): (key: TopicKey) => boolean {
  const selector = parseSelector(selectorText);
  return (key) => selects(selector, key);
}
