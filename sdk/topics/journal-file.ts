import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';

/** For reading and writing, whether or not it is there. */
export async function openOrBegin(file: string): Promise<FileHandle> {
  return open(file, 'r+').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      // Payloads may be personal.
      return open(file, 'wx+', 0o600);
    }
    throw error;
  });
}

/** @returns how much was written: all of it. */
export async function writeAt(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
  return bytes.length;
}

/** A new name lasts once its folder is synced; where folders cannot be, the system does what it does. */
export async function syncFolder(file: string): Promise<void> {
  try {
    const folder = await open(path.dirname(file), 'r');
    await folder.sync().finally(() => folder.close());
  } catch {}
}
