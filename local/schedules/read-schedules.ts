import { functionNameOf } from '../aws/identity';
import type { Invocable } from '../functions/invocation';
import type { Journal } from '../journal';
import type { Inventory } from '../template/inventory';
import { required, textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';
import { parseSchedule, type Schedule } from './expression';
import { ScheduledRule, type ScheduledTarget } from './scheduled-rule';

const ONE_MINUTE = 60_000;

export interface ScheduleSurroundings {
  readonly inventory: Inventory;
  readonly functions: ReadonlyMap<string, Invocable>;
  /** What once a minute, the fastest that AWS offers, becomes here. */
  readonly tickSeconds: number;
  /** The same by the name of the function that is run. */
  readonly tickSecondsOf?: Readonly<Record<string, number>> | undefined;
  readonly journal: Journal;
}

/** Reads the template's scheduled rules, ready to start. */
export function readSchedules(surroundings: ScheduleSurroundings): ScheduledRule[] {
  const { inventory, journal, tickSeconds, tickSecondsOf = {} } = surroundings;
  return inventory
    .ofType('AWS::Events::Rule')
    .filter((rule) => (textOf(rule, 'State') ?? 'ENABLED') === 'ENABLED')
    .map((rule) => {
      const declared = (rule.properties.Targets ?? []) as readonly Record<string, unknown>[];
      const targets = declared.map((target) => targetOf(rule, target, surroundings.functions));
      const own = targets.map(({ fn }) => tickSecondsOf[fn.name]).find((seconds) => seconds !== undefined);
      return new ScheduledRule(
        String(inventory.attribute(rule.logicalId, 'Arn')),
        scheduleOf(rule, own ?? tickSeconds),
        targets,
        journal,
      );
    });
}

function scheduleOf(rule: Resource, tickSeconds: number): Schedule {
  const expression = required(rule, 'ScheduleExpression', textOf(rule, 'ScheduleExpression'));
  const schedule = parseSchedule(expression);
  if (!schedule) {
    throw unknownValue(rule, 'ScheduleExpression', expression);
  }
  return schedule.kind === 'rate' && schedule.milliseconds === ONE_MINUTE
    ? { kind: 'rate', milliseconds: tickSeconds * 1000 }
    : schedule;
}

function targetOf(
  rule: Resource,
  { Arn, Id, Input, RetryPolicy, ...rest }: Record<string, unknown>,
  functions: ReadonlyMap<string, Invocable>,
): ScheduledTarget {
  const fn = functions.get(functionNameOf(String(Arn)) ?? '');
  // Retries are not imitated: the next tick comes soon.
  if (!fn || Object.keys(rest).length > 0 || (Input !== undefined && typeof Input !== 'string')) {
    throw unknownValue(rule, 'Targets', { Arn, Id, Input, RetryPolicy, ...rest });
  }
  return { fn, input: Input };
}
