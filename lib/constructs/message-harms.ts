import { type Harm, tickHarm } from './alarms';
import type { MessageRecovery } from './message-recovery';
import type { MessageSchedule } from './message-schedule';
import { ownMetric } from './own-metric';

/** Scheduled messages are to the second; this late, somebody has noticed. */
const LATE_SECONDS = 60;

/** When messages that wait, here or at their applications, do not get on; by the ids of the alarms. */
export function messageHarms(
  { requeueMessages }: MessageSchedule,
  { recoverMessages }: MessageRecovery,
): Readonly<Record<string, Harm>> {
  return {
    'scheduled-messages-late': {
      harm: `Scheduled messages go out more than ${LATE_SECONDS} seconds after their time`,
      anchor: 'scheduled-messages-late',
      metric: ownMetric('ReleaseLateness', 'release-messages').with({ statistic: 'Maximum' }),
      threshold: LATE_SECONDS * 1000,
      periods: 2,
    },
    'schedule-stopped': tickHarm('Scheduled messages do not go out', requeueMessages),
    'recovery-unreachable': {
      harm: 'Messages that an application could not publish stay there: recovery cannot reach it',
      anchor: 'recovery-unreachable',
      metric: ownMetric('RecoveryUnreachableOrigins', recoverMessages.stem),
      threshold: 0,
      // A deployment of the application is over by then.
      periods: 3,
    },
    'recovery-refuses-rows': {
      harm: 'Messages that an application could not publish stay there: recovery cannot take them',
      anchor: 'recovery-refuses-rows',
      metric: ownMetric('RecoveryRefusedRows', recoverMessages.stem),
      threshold: 0,
      periods: 2,
    },
  };
}
