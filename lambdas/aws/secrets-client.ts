import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { lazily } from '../shared/lazily';
import { clientSettings } from './client-settings';

export const secretsClient = lazily(() => new SecretsManagerClient(clientSettings()));
