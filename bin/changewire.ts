import { runCommandLine } from './commands/command-line';
import { processHost } from './commands/host';

// Commands that call AWS run on any Node that the clone runs on; the functions have a newer one.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

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
