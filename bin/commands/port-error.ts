import { CommandError, exitCodes } from './command-error';

/** Why nothing can listen on a port, in words that say what to do; any other error is handed back as it is. */
export function portError(port: number, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EADDRINUSE') {
    return new CommandError(`port ${port} is in use: choose another with --port, or --port 0 for any`);
  }
  return error.code === 'EACCES'
    ? new CommandError(`port ${port} needs more rights: choose one above 1023 with --port`, exitCodes.usage)
    : error;
}
