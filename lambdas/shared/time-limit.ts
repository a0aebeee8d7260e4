import { createContext, Script } from 'node:vm';
import type { TimeLimit } from '../../core/topics/schemas/time-limit';
import { lazily } from './lazily';

/**
 * Stops synchronous work after so many milliseconds, regular expressions included. The context is no sandbox: it
 * is only what Node's time limit for scripts needs.
 */
export function makeTimeLimit(milliseconds: number): TimeLimit {
  const prepared = lazily(() => ({ context: createContext({}), script: new Script('work()') }));
  return (work) => {
    const { context, script } = prepared();
    try {
      context.work = work;
      return { outcome: 'ended', result: script.runInContext(context, { timeout: milliseconds }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
        return { outcome: 'stopped' };
      }
      throw error;
    } finally {
      context.work = undefined;
    }
  };
}
