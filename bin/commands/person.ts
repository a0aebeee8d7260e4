import { type Command, Option } from 'commander';
import { CommandError } from './command-error';
import { connect } from './connection';
import { present, table } from './display';
import type { Host } from './host';

const keys = ['user_id', 'uuid', 'primary_email', 'primary_username'] as const;

export function addPerson(program: Command, host: Host): void {
  program
    .command('person')
    .description('Read one integrated profile.')
    .argument('<id>', 'what the profile is looked up by')
    .addOption(new Option('--by <key>', 'which key that is').choices(keys).default('user_id'))
    .option('--inactive', 'find inactive people, too')
    .addHelpText(
      'after',
      `
A look-up by another key than user_id may be a moment behind.

Examples:
  $ npx changewire person 'ad|Mozilla-LDAP|jdoe'
  $ npx changewire person jdoe@example.org --by primary_email | jq .uuid.value`,
    )
    .action(async (id: string, options: { by: string; inactive?: boolean }, command: Command) => {
      const api = await connect(host, command);
      // Encoded twice: that is how the clients of this door do it, and how the door decodes.
      const value = encodeURIComponent(encodeURIComponent(id));
      const profile = (await api.call('GET', `/v2/user/${options.by}/${value}`, {
        query: { active: options.inactive ? 'any' : undefined },
      })) as Record<string, unknown>;
      if (Object.keys(profile).length === 0) {
        throw new CommandError(`there is no person with the ${options.by} "${id}"`);
      }
      present(host, profile, () => table(host, ['attribute', 'value', 'publisher'], rowsOf(profile)));
    });
}

/** Attributes that hold something, groups with dotted names. */
function rowsOf(group: Record<string, unknown>, prefix = ''): string[][] {
  return Object.entries(group).flatMap(([name, attribute]) => {
    if (typeof attribute !== 'object' || attribute === null) {
      return [];
    }
    const { value, values, signature } = attribute as Record<string, unknown>;
    if (value === undefined && values === undefined) {
      return rowsOf(attribute as Record<string, unknown>, `${prefix}${name}.`);
    }
    const held = value ?? values ?? null;
    return held === null ? [] : [[`${prefix}${name}`, shown(held), publisherOf(signature)]];
  });
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function publisherOf(signature: unknown): string {
  const publisher = (signature as { publisher?: { name?: string; value?: string } } | undefined)?.publisher;
  return `${publisher?.name ?? ''}${publisher?.value ? '' : ' (unsigned)'}`;
}
