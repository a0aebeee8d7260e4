/** `npm run bench [-- NAME…]`: every figure beside its floor, in one run (docs/performance.md); `--help` has the rest. */
import { parseArgs } from 'node:util';
import { benches, furtherBenches } from './benches';
import { type Bench, type Figure, isOverBudget, type Plan } from './figure';
import { writePage } from './page';
import { toTable } from './table';

const plans: Readonly<Record<'full' | 'quick', Plan>> = {
  full: { rounds: 11, warmUps: 10, sampleMilliseconds: 80, isQuick: false },
  quick: { rounds: 2, warmUps: 1, sampleMilliseconds: 2, isQuick: true },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage());
    return;
  }
  if (values.write && positionals.length > 0) {
    throw new Error('--write takes the figures of all benches, so it takes no names');
  }
  const figures: Figure[] = [];
  for (const bench of choose(positionals)) {
    const own = await bench.run(plans[values.quick ? 'quick' : 'full']);
    figures.push(...own);
    if (!values.json) {
      console.log(`\n${bench.name}: ${bench.measures}\nfloor: ${bench.floor}\n${toTable(own)}`);
    }
  }
  if (values.json) {
    console.log(JSON.stringify({ results: figures }));
  }
  if (values.write) {
    writePage(benches, figures);
  }
  if (values.check && figures.some(isOverBudget)) {
    process.exitCode = 1;
  }
}

function usage(): string {
  const rows = [...benches, ...furtherBenches].map(({ name, measures }) => `  ${name.padEnd(12)}${measures}`);
  return `Usage: npm run bench -- [names] [options]

  --json   prints the figures as JSON, and nothing else
  --quick  a minute instead of six; the figures say little
  --check  exits with 1 when a figure is over its budget
  --write  writes the figures into docs/performance.md, and the chart; of all benches

Without names all but isolation:
${rows.join('\n')}`;
}

/** @param names `cold start` is `cold-start`, and `integrate/create` its bench. */
function choose(names: readonly string[]): readonly Bench[] {
  if (names.length === 0) {
    return benches;
  }
  const known = [...benches, ...furtherBenches];
  return names.map((name) => {
    const bench = known.find((one) => one.name === name.split('/')[0]?.replaceAll(' ', '-'));
    if (!bench) {
      throw new Error(`there is no bench "${name}"; there are ${known.map((one) => one.name).join(', ')}`);
    }
    return bench;
  });
}

main().catch((error: Error) => {
  console.error(`failed: ${error.message}`);
  process.exitCode = 1;
});
