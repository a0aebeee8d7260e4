import { KinesisClient } from '@aws-sdk/client-kinesis';
import { lazily } from '../shared/lazily';
import { clientSettings } from './client-settings';

/** Over HTTP/1.1, which every emulator of Kinesis speaks; the SDK's own default is HTTP/2. */
export const kinesisClient = lazily(() => new KinesisClient(clientSettings()));
