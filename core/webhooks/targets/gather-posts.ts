import type { TargetResult, WebhookRequest, WebhookTarget } from '../ports';

/** A target that takes several requests of one subscription in one call. */
export interface ChunkTarget {
  /** @returns how each was taken, in the order of the requests; what fails is a result. */
  postChunk(requests: readonly WebhookRequest[]): Promise<readonly TargetResult[]>;
}

/** The way to the target for one message of a worker's batch. */
export interface Seat extends WebhookTarget {
  /** Nothing more comes from this message: the others need not wait for it. Can be repeated. */
  leave(): void;
}

/** Who is held up on its way here (a rate limit, a slow read) does not keep those waiting who are ready. */
export const LONGEST_GATHERING_MILLISECONDS = 500;

interface Posted {
  readonly request: WebhookRequest;
  readonly resolve: (result: TargetResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets the messages of a worker's batch reach their target together: every one of them is a delivery with a result
 * of its own, and posts as if it were alone. What is posted for one subscription waits until a chunk is full, until
 * every message of the batch has posted or left, or half a second.
 * @param pause waits that many milliseconds.
 * @returns gives each message its seat; all of a batch are to be seated before the first one posts.
 */
export function gatherPosts(
  target: ChunkTarget,
  pause: (milliseconds: number) => Promise<unknown>,
): () => Seat {
  const open = new Map<string, Posted[]>();
  let expected = 0;

  return () => {
    let isExpected = true;
    expected += 1;
    return { post, leave };

    function post(request: WebhookRequest): Promise<TargetResult> {
      const result = join(request);
      leave();
      return result;
    }

    function leave(): void {
      expected -= isExpected ? 1 : 0;
      isExpected = false;
      if (expected === 0) {
        [...open.keys()].forEach(send);
      }
    }
  };

  function join(request: WebhookRequest): Promise<TargetResult> {
    const key = JSON.stringify([request.about?.subscriptionId, request.url]);
    return new Promise((resolve, reject) => {
      const chunk = open.get(key) ?? begin(key);
      chunk.push({ request, resolve, reject });
      if (chunk.length >= (request.message?.chunkSize ?? 1)) {
        send(key);
      }
    });
  }

  function begin(key: string): Posted[] {
    const chunk: Posted[] = [];
    open.set(key, chunk);
    void pause(LONGEST_GATHERING_MILLISECONDS).then(() => open.get(key) === chunk && send(key));
    return chunk;
  }

  function send(key: string): void {
    const chunk = open.get(key) ?? [];
    open.delete(key);
    target.postChunk(chunk.map(({ request }) => request)).then(
      (results) => {
        for (const [index, { resolve }] of chunk.entries()) {
          resolve(results[index] as TargetResult);
        }
      },
      (error: unknown) => {
        for (const { reject } of chunk) {
          reject(error);
        }
      },
    );
  }
}
