import { RemovalPolicy } from 'aws-cdk-lib';
import type { StageSettings } from '../stage';

/** What becomes of data and logs when the stack goes. */
export function removalPolicy({ keepsData }: Pick<StageSettings, 'keepsData'>): RemovalPolicy {
  return keepsData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
}
