import { inParallel } from '../../core/in-parallel';
import type { ConsumerConfiguration, TopicConfiguration } from './configuration';
import { MessageError } from './errors';
import type { HubClient, Registered, RegistryAnswer } from './hub-registry';
import { type ConfigurationPlan, isSame, type PlannedStep, stepOf } from './plan-configuration';

/** What has become of one topic or consumer. */
export interface AppliedStep extends Pick<PlannedStep, 'kind' | 'name' | 'changes'> {
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'deleted' | 'failed';
  /** Why it failed. */
  readonly reason?: string;
  readonly status?: number;
}

export interface ConfigurationReport {
  readonly steps: readonly AppliedStep[];
  readonly failed: number;
}

const CALLS_AT_A_TIME = 8;

const paths = { topic: '/api/topics', consumer: '/api/publishers' } as const;

/**
 * Does what a plan says. One that fails does not keep the others from being done; topics come before their consumers.
 * @throws MessageError `configuration_invalid` when the plan has problems: then nothing is done; `aborted`.
 */
export async function applyConfiguration(
  { steps }: ConfigurationPlan,
  hub: HubClient,
): Promise<ConfigurationReport> {
  const problems = steps.filter(({ problem }) => problem !== undefined);
  if (problems.length > 0) {
    const told = problems.map(({ kind, name, problem }) => `${kind} ${name}: ${problem}`);
    throw new MessageError('configuration_invalid', told.join('\n'));
  }
  const applied: AppliedStep[] = [];
  for (const kind of ['topic', 'consumer'] as const) {
    const ofKind = steps.filter((step) => step.kind === kind);
    applied.push(...(await inParallel(CALLS_AT_A_TIME, ofKind, (step) => take(step, hub))));
  }
  return { steps: applied, failed: applied.filter(({ outcome }) => outcome === 'failed').length };
}

async function take(step: PlannedStep, hub: HubClient): Promise<AppliedStep> {
  const { kind, name, changes } = step;
  const told = { kind, name, ...(changes && { changes }) };
  try {
    const answer = await callFor(step, hub);
    if (answer === undefined) {
      return { ...told, outcome: 'unchanged' };
    }
    if (step.act === 'create' && answer.status === 409) {
      return await meetAnother(step, answer, hub);
    }
    const isDone = answer.status >= 200 && answer.status < 300;
    // Somebody else has deleted it: so it is as it should be.
    return isDone || (step.act === 'delete' && isGone(answer))
      ? { ...told, outcome: outcomes[step.act] }
      : { ...told, outcome: 'failed', ...failureOf(answer) };
  } catch (error) {
    if (!(error instanceof MessageError) || error.code === 'aborted') {
      throw error;
    }
    const { message: reason, status } = error;
    return { ...told, outcome: 'failed', reason, ...(status !== undefined && { status }) };
  }
}

/** The hub's answer to who deletes what is not there is the original's. */
function isGone({ status, said }: RegistryAnswer): boolean {
  return status === 404 || (status === 400 && said === 'Anything has wrong');
}

const outcomes = { create: 'created', change: 'changed', unchanged: 'unchanged', delete: 'deleted' } as const;

async function callFor(step: PlannedStep, hub: HubClient): Promise<RegistryAnswer | undefined> {
  const path = paths[step.kind];
  switch (step.act) {
    case 'create':
      return hub.call('POST', path, bodyOf(step));
    case 'change':
      return hub.call('PATCH', `${path}/${step.id}`, valuesOf(step));
    case 'delete':
      return hub.call('DELETE', `${path}/${step.id}`);
    case 'unchanged':
      return undefined;
  }
}

/** What is made explicit: the hub makes consumers that are off, and takes `from_now` for true only if it is said. */
function bodyOf({ kind, wanted }: PlannedStep): object {
  return kind === 'topic' ? { ...wanted } : { active: true, from_now: true, ...wanted };
}

function valuesOf({ changes = {} }: PlannedStep): object {
  return Object.fromEntries(Object.entries(changes).map(([member, { to }]) => [member, to]));
}

/** Somebody else has made it at the same moment, or a lost answer was ours: it may still differ. */
async function meetAnother(
  { kind, name, wanted }: PlannedStep,
  answer: RegistryAnswer,
  hub: HubClient,
): Promise<AppliedStep> {
  const found = await findOne(kind, wanted as TopicConfiguration | ConsumerConfiguration, hub);
  const again = found && stepOf(kind, name, wanted as TopicConfiguration, found);
  return again ? take(again, hub) : { kind, name, outcome: 'failed', ...failureOf(answer) };
}

async function findOne(
  kind: PlannedStep['kind'],
  wanted: TopicConfiguration | ConsumerConfiguration,
  hub: HubClient,
): Promise<Registered | undefined> {
  if (kind === 'topic') {
    const topics = await hub.list(paths.topic);
    return topics.find((topic) => topic.name === (wanted as TopicConfiguration).name);
  }
  const consumer = wanted as ConsumerConfiguration;
  const consumers = await hub.list(paths.consumer, { topic: consumer.topic });
  return consumers.find((one) => isSame(one, consumer));
}

function failureOf({ status, said }: RegistryAnswer): Pick<AppliedStep, 'reason' | 'status'> {
  return { reason: `the hub answered ${status}${said && `: ${said}`}`, status };
}
