import { Construct } from 'constructs';
import { functions, type WorkerEnvironment } from '../../lambdas/functions';
import type { PubsubSettings } from '../stage';
import { QueueWithDlq } from './queue-with-dlq';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';

export interface PubsubPublishingProps extends StageProps {
  readonly secrets: StageSecrets;
  /** The setting. */
  readonly pubsub: PubsubSettings;
  /** What hands over to the publishing queue, and gets back what does not lead to Pub/Sub any more. */
  readonly deliveries: QueueWithDlq;
  readonly environment: WorkerEnvironment;
}

const GOOGLE = 'https://pubsub.googleapis.com';

/** Several calls' worth; SQS hands out so many only to those who gather them. */
const BATCH_SIZE = 100;
const WINDOW_SECONDS = 1;

/** Each publishes a hundred messages at a time. */
const CONCURRENCY = 10;

/** From a delivery that deliver-webhooks hands over to a topic of Pub/Sub. Only stages that publish somewhere have it. */
export class PubsubPublishing extends Construct {
  readonly publishDeliveries: ServiceFunction;
  readonly queue: QueueWithDlq;

  constructor(scope: Construct, id: string, props: PubsubPublishingProps) {
    super(scope, id);
    const { settings, bundles, secrets, deliveries, environment } = props;
    this.queue = new QueueWithDlq(this, 'publishing-queue', {
      settings,
      workerTimeoutSeconds: functions['publish-deliveries'].timeoutSeconds,
      // Those of the deliveries queue: they point at the same rows.
      deadLetters: deliveries.deadLetters,
    });
    const { baseUrl = GOOGLE, project, idAttribute } = props.pubsub;
    this.publishDeliveries = new ServiceFunction(this, 'publish-deliveries', {
      settings,
      bundles,
      environment: {
        ...environment,
        DELIVERIES_QUEUE_URL: deliveries.queue.queueUrl,
        PUBLISH_QUEUE_URL: this.queue.queue.queueUrl,
        FORWARD_PROXY: settings.forwardProxy ?? '',
        PUBSUB: JSON.stringify({ baseUrl, project, idAttribute }),
        PUBSUB_ACCOUNT_SECRET_ID: secrets.pubsubAccount?.id ?? '',
      },
    });
    if (secrets.pubsubAccount) {
      secrets.grantRead(this.publishDeliveries, secrets.pubsubAccount);
    }
    this.queue.grantSend(this.publishDeliveries);
    deliveries.grantSend(this.publishDeliveries);
    this.queue.feed(this.publishDeliveries, {
      maximumConcurrency: CONCURRENCY,
      batchSize: BATCH_SIZE,
      windowSeconds: WINDOW_SECONDS,
    });
  }
}
