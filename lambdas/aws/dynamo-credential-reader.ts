import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { CredentialReader } from '../../core/accounts/ports';
import { credentialRowKey, toCredential } from './account-row';

/** Credentials on the registry table. The hash is the key: nothing is compared, so no time taken tells anything. */
export function makeDynamoCredentialReader(
  client: DynamoDBDocumentClient,
  tableName: string,
): CredentialReader {
  return {
    async find(hash) {
      const { Item } = await client.send(
        new GetCommand({ TableName: tableName, Key: credentialRowKey(hash), ConsistentRead: true }),
      );
      return Item && toCredential(Item);
    },
  };
}
