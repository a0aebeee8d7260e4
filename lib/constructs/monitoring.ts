import { Construct } from 'constructs';
import type { StageSettings } from '../stage';
import type { ChangePipeline } from './change-pipeline';
import type { EventDispatch } from './event-dispatch';
import type { HttpApi } from './http-api';
import type { WebhookDelivery } from './webhook-delivery';

export interface MonitoringProps {
  readonly settings: StageSettings;
  readonly change: ChangePipeline;
  readonly dispatch: EventDispatch;
  readonly webhooks: WebhookDelivery;
  readonly api: HttpApi;
}

/** Alarms that name the user's harm. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, _props: MonitoringProps) {
    super(scope, id);
  }
}
