import type { NoticeMarks } from '../../core/webhooks/notices/notify-owner';

/** Marks of notices in memory: kept honest by the contract suite that the real ones pass too. */
export function makeMemoryNoticeMarks(): NoticeMarks {
  const sent = new Set<string>();
  const claims = new Map<string, number>();
  return {
    async claim(eventId, now, until) {
      if (sent.has(eventId)) {
        return 'sent';
      }
      if ((claims.get(eventId) ?? 0) > now.getTime()) {
        return 'busy';
      }
      claims.set(eventId, until.getTime());
      return 'claimed';
    },
    async recordSent(eventId) {
      sent.add(eventId);
    },
  };
}
