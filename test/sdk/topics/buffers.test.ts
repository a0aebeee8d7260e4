import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBuffer, MemoryBuffer } from '../../../sdk/topics';
import { buffersPromise } from '../../support/message-buffers';

describe('MemoryBuffer', () => {
  buffersPromise(async (limits) => new MemoryBuffer(limits));
});

describe('FileBuffer', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'changewire-buffers-'));
  const opened: FileBuffer[] = [];
  afterAll(async () => {
    await Promise.all(opened.map((buffer) => buffer.close()));
    rmSync(folder, { recursive: true });
  });

  buffersPromise(async (limits) => {
    const buffer = await FileBuffer.open(path.join(folder, `${opened.length}.journal`), limits);
    opened.push(buffer);
    return buffer;
  });
});
