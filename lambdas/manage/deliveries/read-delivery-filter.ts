import { ServiceError } from '../../../core/errors';
import { type DeliveryState, deliveryStates } from '../../../core/webhooks/deliveries/delivery';
import type { DeliveryFilter, Period } from '../../../core/webhooks/deliveries/own-deliveries';
import type { HttpRequest } from '../../shared/http-message';
import { readMoment } from '../read-moment';
import { LONGEST_ID } from './delivery-requests';

const DAY_MILLISECONDS = 24 * 3600_000;

/** What `GET /v1/deliveries` asks for. @throws ServiceError `parameter_invalid`. */
export function readDeliveryFilter({ query }: HttpRequest): DeliveryFilter {
  const { event_id: eventId, subscription_id: subscriptionId, state } = query;
  if ((eventId === undefined) === (subscriptionId === undefined)) {
    if (eventId !== undefined || state !== 'dead' || isLimited(query)) {
      throw refused(
        'give "event_id", or "subscription_id" (with "state", "from", "to" if you like), or "state=dead" alone',
      );
    }
    return { by: 'dead' };
  }
  if (eventId !== undefined) {
    if (state !== undefined || isLimited(query)) {
      throw refused('"event_id" stands alone: "state", "from" and "to" go with "subscription_id"');
    }
    return { by: 'event', eventId: requireId(eventId) };
  }
  return {
    by: 'subscription',
    subscriptionId: requireId(subscriptionId ?? ''),
    state: readState(state),
    ...readPeriod(query),
  };
}

function isLimited({ from, to, day }: HttpRequest['query']): boolean {
  return (from ?? to ?? day) !== undefined;
}

function requireId(id: string): string {
  if (id === '' || id.length > LONGEST_ID) {
    throw refused(`an id has 1 to ${LONGEST_ID} characters`);
  }
  return id;
}

function readState(state: string | undefined): DeliveryState | undefined {
  const known = deliveryStates.find((one) => one === state);
  if (state !== undefined && known === undefined) {
    throw refused(`"state" is one of ${deliveryStates.join(', ')}`);
  }
  return known;
}

function readPeriod({ from, to, day }: HttpRequest['query']): Period {
  if (day === undefined) {
    const period = { from: readMoment('from', from), to: readMoment('to', to) };
    if (period.from !== undefined && period.to !== undefined && period.from >= period.to) {
      throw refused('"from" is a time before "to"');
    }
    return period;
  }
  const begin = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(`${day}T00:00:00.000Z`) : Number.NaN;
  if (Number.isNaN(begin) || from !== undefined || to !== undefined) {
    throw refused('"day" is a day in UTC, such as 2026-11-20, and stands for "from" and "to"');
  }
  return { from: new Date(begin).toISOString(), to: new Date(begin + DAY_MILLISECONDS).toISOString() };
}

function refused(message: string): ServiceError {
  return new ServiceError('parameter_invalid', message);
}
