/**
 * Opens a buffer in a process of its own and appends without end: prints `open`, then the id of each message that is
 * kept. Its words are the file and how often to sync. It is there to be killed.
 */
import { FileBuffer, type FileBufferOptions } from '../../sdk/topics';
import { messageOf } from './message-buffers';

async function main([file = '', sync = 'always', prefix = 'm']: readonly string[]): Promise<void> {
  const buffer = await FileBuffer.open(file, { sync: sync as NonNullable<FileBufferOptions['sync']> });
  process.stdout.write('open\n');
  for (let number = 0; ; number += 1) {
    const id = `${prefix}${number}`;
    await buffer.append([messageOf(id, { payloads: [{ number, filler: 'ä'.repeat(number % 50) }] })]);
    process.stdout.write(`${id}\n`);
    if (number % 3 === 2) {
      const gone = `${prefix}${number - 2}`;
      await buffer.remove(gone);
      process.stdout.write(`-${gone}\n`);
    }
  }
}

main(process.argv.slice(2)).catch((error: Error & { code?: string }) => {
  process.stdout.write(`failed ${error.code}\n`);
  process.exitCode = 1;
});
