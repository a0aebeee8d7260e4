import type { EntityEventOutcome } from '../../core/events/publish-entity-events';
import { FAILED, REFUSED, THROTTLED } from '../shared/events-dialect';
import type { HttpReply } from '../shared/http-message';

/** Contract bc-events, section 6: never with `failedRecords`, which the client would take for a list. */
export function toSingleReply(outcome: EntityEventOutcome | undefined, jobId: string): HttpReply {
  switch (outcome?.outcome) {
    case 'accepted':
      return { status: 201, body: { eventId: outcome.eventId, jobId } };
    case 'refused':
      return { status: 400, body: { errorType: REFUSED, message: outcome.reason } };
    case 'throttled':
      return {
        status: 400,
        body: { errorType: THROTTLED, message: 'too much at once; repeat this event later' },
      };
    default:
      return {
        status: 500,
        body: { errorType: FAILED, message: 'something failed on our side; repeat this event' },
      };
  }
}

/**
 * Contract bc-events, section 6: `records` has one text for each event, in order; the client repeats those that it
 * knows as worth it. What is beside that tells the more curious what became of each.
 */
export function toBulkReply(outcomes: readonly EntityEventOutcome[], jobId: string): HttpReply {
  const errors = outcomes.flatMap((outcome, index) =>
    outcome.outcome === 'refused' ? [{ index, message: outcome.reason }] : [],
  );
  return {
    status: 201,
    body: {
      failedRecords: outcomes.filter(({ outcome }) => outcome !== 'accepted').length,
      records: outcomes.map(({ outcome }) => recordTexts[outcome]),
      eventIds: outcomes.map((outcome) => (outcome.outcome === 'accepted' ? outcome.eventId : null)),
      jobId,
      ...(errors.length > 0 && { errors }),
    },
  };
}

const recordTexts: Readonly<Record<EntityEventOutcome['outcome'], string>> = {
  accepted: 'Success',
  throttled: THROTTLED,
  failed: FAILED,
  refused: REFUSED,
};
