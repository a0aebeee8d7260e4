import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { StageSettings } from '../stage';
import type { ServiceFunction } from './service-function';

/** Runs the function once a minute, the least there is. A rule: EventBridge Scheduler does not fire on LocalStack. */
export function addTick(
  fn: ServiceFunction,
  settings: StageSettings,
  seconds: 'tickSeconds' | 'recoverySeconds' = 'tickSeconds',
): void {
  const minutes = Math.max(1, Math.ceil(settings[seconds] / 60));
  new Rule(fn, 'Tick', {
    description: `Runs ${fn.stem}`,
    schedule: Schedule.rate(Duration.minutes(minutes)),
    targets: [new LambdaTarget(fn.function)],
  });
}
