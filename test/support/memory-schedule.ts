import {
  type ReleaseQueue,
  SCHEDULE_SHARDS,
  type ScheduleStore,
} from '../../core/messages/schedule/schedule-ports';
import type {
  DueMessage,
  ReleaseMessage,
  ScheduledMessage,
} from '../../core/messages/schedule/scheduled-message';

interface Kept {
  readonly message: ScheduledMessage;
  readonly dueAt: string | undefined;
}

/** Scheduled messages in memory. */
export class MemorySchedule implements ScheduleStore {
  readonly rows = new Map<number, Kept>();
  readonly pointers = new Map<number, { readonly id: number; readonly eventId: string }>();

  park: ScheduleStore['park'] = async (message, otherIds) => {
    const taken = [message.id, ...otherIds].filter((id) => this.eventOf(id) !== undefined);
    if (taken.some((id) => this.eventOf(id) !== message.eventId)) {
      return 'id_taken';
    }
    if (this.rows.has(message.id)) {
      return 'parked';
    }
    for (const id of otherIds) {
      this.pointers.set(id, { id: message.id, eventId: message.eventId });
    }
    this.rows.set(message.id, { message: { ...message, state: 'scheduled' }, dueAt: message.scheduledAt });
    return 'parked';
  };

  find: ScheduleStore['find'] = async (id) => {
    const pointer = this.pointers.get(id);
    return this.rows.get(pointer?.id ?? id)?.message;
  };

  claim: ScheduleStore['claim'] = async (id) => {
    const row = this.rows.get(id);
    if (!row?.message.event || !['scheduled', 'releasing'].includes(row.message.state)) {
      return undefined;
    }
    this.rows.set(id, { ...row, message: { ...row.message, state: 'releasing' } });
    return { event: row.message.event };
  };

  endReleased: ScheduleStore['endReleased'] = async (id, at) => {
    this.end(id, 'releasing', 'released', at);
  };

  cancel: ScheduleStore['cancel'] = async (id, at) => this.end(id, 'scheduled', 'cancelled', at);

  due: ScheduleStore['due'] = async (shard, by, limit) =>
    this.open()
      .filter(({ id, dueAt }) => id % SCHEDULE_SHARDS === shard && dueAt <= by)
      .slice(0, limit);

  postpone: ScheduleStore['postpone'] = async ({ id, dueAt }, to) => {
    const row = this.rows.get(id);
    if (row?.dueAt === dueAt) {
      this.rows.set(id, { ...row, dueAt: to });
    }
  };

  list: ScheduleStore['list'] = async ({ limit, after }) => {
    const rest = this.open().filter(({ id }) => after === undefined || this.placeOf(id) > after);
    const page = rest.slice(0, limit);
    const last = page.at(-1);
    return {
      messages: page.map(({ dueAt: _, ...summary }) => summary),
      ...(rest.length > limit && last && { next: this.placeOf(last.id) }),
    };
  };

  private eventOf(id: number): string | undefined {
    return this.rows.get(id)?.message.eventId ?? this.pointers.get(id)?.eventId;
  }

  private end(id: number, from: string, state: 'released' | 'cancelled', endedAt: string): boolean {
    const row = this.rows.get(id);
    if (row?.message.state !== from) {
      return false;
    }
    const { event: _, ...message } = row.message;
    this.rows.set(id, { message: { ...message, state, endedAt }, dueAt: undefined });
    return true;
  }

  private open(): DueMessage[] {
    return [...this.rows.values()]
      .flatMap(({ message: { id, topic, scheduledAt, acceptedAt }, dueAt }) =>
        dueAt === undefined ? [] : [{ id, topic, scheduledAt, acceptedAt, dueAt }],
      )
      .sort((a, b) => (this.placeOf(a.id) < this.placeOf(b.id) ? -1 : 1));
  }

  private placeOf(id: number): string {
    return `${this.rows.get(id)?.dueAt}#${id}`;
  }
}

/** A queue that only remembers what it was given. */
export class MemoryReleaseQueue implements ReleaseQueue {
  readonly sent: { readonly message: ReleaseMessage; readonly delaySeconds: number }[] = [];
  failure: Error | undefined;

  send: ReleaseQueue['send'] = async (messages) => {
    if (this.failure) {
      throw this.failure;
    }
    this.sent.push(...messages);
  };
}
