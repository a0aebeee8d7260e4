import { PayloadTooLargeError } from './refusals';

/** The part of a Fetch request that holds its body. */
interface WithBody {
  readonly body?: ReadableStream<Uint8Array> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Chunks become one body; it ends at the chunk with which there are too many bytes. */
export class ChunkCollector {
  private readonly chunks: Uint8Array[] = [];
  private size = 0;

  constructor(private readonly maxBytes: number) {}

  /** @throws PayloadTooLargeError */
  add(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > this.maxBytes) {
      throw new PayloadTooLargeError(this.maxBytes);
    }
    this.chunks.push(chunk);
  }

  join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }
}

/** @throws PayloadTooLargeError without reading on. */
export async function bodyStream(request: WithBody, maxBytes: number): Promise<Uint8Array> {
  const collector = new ChunkCollector(maxBytes);
  if (!request.body) {
    collector.add(new Uint8Array(await request.arrayBuffer()));
    return collector.join();
  }
  const reader = request.body.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      collector.add(read.value);
    }
  } catch (error) {
    await reader.cancel().catch(() => {});
    throw error;
  }
  return collector.join();
}
