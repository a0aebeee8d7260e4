import type { Command } from 'commander';
import type { AppliedStep, ConfigurationPlan, ConfigurationReport, HubConfiguration } from '../../sdk/topics';
import { CommandError, exitCodes } from './command-error';
import { coloursFor, present, table } from './display';
import type { Host } from './host';
import { withMessages } from './message-connection';
import { readYamlFile } from './read-yaml-file';

interface ConfigureOptions {
  readonly yes?: boolean;
  readonly check?: boolean;
  readonly prune?: string | true;
}

export function addConfigureMessages(messages: Command, host: Host): void {
  messages
    .command('configure <file>')
    .description('Make topics and consumers as a file says: shows the plan, and with --yes applies it.')
    .option('--yes', 'apply the plan')
    .option('--check', 'apply nothing, and end with 5 when something differs')
    .option(
      '--prune [targets]',
      "delete consumers of the file's topics that are not in it; those whose target begins so",
    )
    .addHelpText(
      'after',
      `
The file is YAML or JSON: topics (name, origin_host, recovery_enabled) and consumers (topic, target, type, active,
seconds_timeout, seconds_retry, chunk_size, from_now). The settings of postoffice_django are understood, too. What it leaves
out stays as it is; applying it again changes nothing.

It ends with 1 when something failed, with 3 when the hub refused, with 5 when --check finds a difference.

Examples:
  $ npx changewire messages configure hub.yaml
  $ npx changewire messages configure hub.yaml --yes
  $ npx changewire messages configure hub.yaml --prune https://billing.example.org/ --yes
  $ npx changewire messages configure hub.yaml --check          # in CI: has somebody changed it?`,
    )
    .action(async (file: string, { yes, check, prune }: ConfigureOptions, command: Command) => {
      if (yes && check) {
        throw new CommandError('--check applies nothing: leave out --yes', exitCodes.usage);
      }
      const configuration = readYamlFile(file, 'the configuration') as HubConfiguration;
      const pruned = typeof prune === 'string' ? { targetsFrom: prune } : prune === true;
      await withMessages(host, command, undefined, async (client) => {
        const plan = await client.planConfiguration(configuration, { prune: pruned });
        if (yes) {
          show(host, await client.applyConfiguration(plan));
        } else {
          showPlan(host, plan, check === true);
        }
      });
    });
}

function showPlan(host: Host, { steps }: ConfigurationPlan, isCheck: boolean): void {
  const told = steps.map(({ kind, name, act, changes, problem }) => ({
    ...{ kind, name, act },
    ...(changes && { changes }),
    ...(problem && { problem }),
  }));
  present(host, { applied: false, steps: told }, () =>
    table(
      host,
      ['what', 'name', 'to do', 'because'],
      told.map(({ kind, name, act, changes, problem }) => [
        ...[kind, name, act],
        problem ? coloursFor(host).red(problem) : changesText(changes),
      ]),
    ),
  );
  if (told.some(({ problem }) => problem !== undefined)) {
    throw new CommandError('the plan has problems and cannot be applied', exitCodes.usage);
  }
  const differing = told.filter(({ act }) => act !== 'unchanged').length;
  if (differing > 0 && isCheck) {
    throw new CommandError(`${differing} of ${told.length} differ`, exitCodes.differs);
  }
  if (differing > 0) {
    host.note('nothing is changed yet: --yes applies it');
  }
}

function show(host: Host, { steps, failed }: ConfigurationReport): void {
  present(host, { applied: true, steps }, () =>
    table(
      host,
      ['what', 'name', 'done', 'because'],
      steps.map(({ kind, name, outcome, changes, reason }) => [
        kind,
        name,
        outcome,
        reason ?? changesText(changes),
      ]),
    ),
  );
  if (failed > 0) {
    const isRefusal = steps.every(
      ({ outcome, status = 0 }) => outcome !== 'failed' || (status >= 400 && status < 500),
    );
    throw new CommandError(
      `${failed} of ${steps.length} failed`,
      isRefusal ? exitCodes.refused : exitCodes.failed,
    );
  }
}

function changesText(changes: AppliedStep['changes']): string | undefined {
  return (
    changes &&
    Object.entries(changes)
      .map(([member, { from, to }]) => `${member}: ${JSON.stringify(from)} → ${JSON.stringify(to)}`)
      .join(', ')
  );
}
