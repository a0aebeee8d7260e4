import { runCommandLine } from './commands/command-line';
import { processHost } from './commands/host';

// `changewire … | head`: who reads no more has seen enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') {
    throw error;
  }
  process.exit();
});

runCommandLine(process.argv.slice(2), processHost()).then((code) => {
  // Not process.exit: what was printed into a pipe must get there.
  process.exitCode = code;
});
