import * as z from 'zod';
import type { Erasure } from '../../../core/erasure/erasure';
import type { ErasureReply } from './erasure-replies';

/** The body of `POST /v1/erasures`. */
export const erasureSchema = z.strictObject({ subject: z.string() });

/** Without the subject: whoever asked for the erasure knows it. */
export function toErasureBody(erasure: Erasure): ErasureReply {
  const { id, subjectSha256, requestedAt, counts } = erasure;
  const base = {
    id,
    subject_sha256: subjectSha256,
    requested_at: requestedAt,
    erased: {
      profiles: counts.profiles,
      change_statuses: counts.changeStatuses,
      events: counts.events,
      deliveries: counts.deliveries,
      unprocessable_records: counts.unprocessableRecords,
    },
  };
  return erasure.state === 'working'
    ? {
        ...base,
        state: erasure.state,
        pass: erasure.pass,
        step: erasure.step,
        not_before: erasure.notBefore,
      }
    : {
        ...base,
        state: erasure.state,
        completed_at: erasure.completedAt,
        receipt: erasure.receipt,
      };
}
