import { runCommandLine } from './commands/command-line';
import { processHost } from './commands/host';

runCommandLine(process.argv.slice(2), processHost()).then((code) => {
  // Not process.exit: what was printed into a pipe must get there.
  process.exitCode = code;
});
