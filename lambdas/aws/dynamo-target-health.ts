import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { SubscriptionReference } from '../../core/topics/ports';
import type { Circuit, Subscription } from '../../core/topics/subscriptions/subscription';
import type { CountedFailure, TargetHealthStore } from '../../core/webhooks/health/target-ports';
import { ifConditionHolds } from './conditional-write';
import { toCircuitAttribute, withoutHealth } from './health-attributes';
import type { Row } from './row';
import { subscriptionRowKey, toSubscription } from './subscription-row';
import { buildUpdate } from './update-expression';

/** Marks of counted attempts that a row keeps: a repeat comes minutes later, and every read of the row carries them. */
const MARKS_KEPT = 20;
const MARKS_CUT_AT = 2 * MARKS_KEPT;

/** The health of targets on the registry's rows; every condition demands a row that is there and not deleted. */
export function makeDynamoTargetHealth(client: DynamoDBDocumentClient, tableName: string): TargetHealthStore {
  return { countFailure, clearFailures, openCircuit, claimProbe, recordWarning };

  async function countFailure(
    reference: SubscriptionReference,
    { mark, at, isUnavailable }: CountedFailure,
  ): Promise<Subscription | undefined> {
    const row = await update(reference, {
      UpdateExpression: `SET #failures = if_not_exists(#failures, :none) + :one,
        #unavailable = ${isUnavailable ? 'if_not_exists(#unavailable, :none) + :one' : ':none'},
        #failing_since = if_not_exists(#failing_since, :at),
        #marks = list_append(if_not_exists(#marks, :no_marks), :marks)${isUnavailable ? '' : ' REMOVE #circuit'}`,
      ConditionExpression: '#state = :active AND #updated_at <= :at AND NOT contains(#marks, :mark)',
      ExpressionAttributeNames: {
        ...aliases('failures', 'unavailable', 'failing_since', 'state', 'updated_at'),
        ...(!isUnavailable && aliases('circuit')),
        '#marks': 'counted_attempts',
      },
      ExpressionAttributeValues: {
        ...{ ':none': 0, ':one': 1, ':at': at, ':active': 'active' },
        ...{ ':mark': mark, ':marks': [mark], ':no_marks': [] },
      },
    });
    if (row && (row.counted_attempts as string[]).length >= MARKS_CUT_AT) {
      await cutMarks(reference, row.counted_attempts as string[]);
    }
    return row && toSubscription(row);
  }

  /** Only if nobody has counted meanwhile; whoever did cuts them. */
  async function cutMarks(reference: SubscriptionReference, marks: readonly string[]): Promise<void> {
    await update(reference, {
      UpdateExpression: 'SET #marks = :kept',
      ConditionExpression: '#state <> :deleted AND size(#marks) = :size',
      ExpressionAttributeNames: { ...aliases('state'), '#marks': 'counted_attempts' },
      ExpressionAttributeValues: {
        ...{ ':kept': marks.slice(-MARKS_KEPT), ':size': marks.length, ':deleted': 'deleted' },
      },
    });
  }

  async function clearFailures(
    reference: SubscriptionReference,
    { failingSince, keepsCount }: Parameters<TargetHealthStore['clearFailures']>[1],
  ): Promise<void> {
    const cleared = keepsCount ? { unavailable: 0, failing_since: null, circuit: null } : withoutHealth;
    const { expression, names, values } = buildUpdate(cleared);
    const same =
      failingSince === undefined ? 'attribute_not_exists(#failing_since)' : '#failing_since = :found';
    await update(reference, {
      UpdateExpression: expression,
      ConditionExpression: `#state <> :deleted AND ${same}`,
      ExpressionAttributeNames: { ...names, ...aliases('state', 'failing_since') },
      ExpressionAttributeValues: {
        ...values,
        ':deleted': 'deleted',
        ...(failingSince !== undefined && { ':found': failingSince }),
      },
    });
  }

  async function openCircuit(
    reference: SubscriptionReference,
    circuit: Circuit,
    found: Circuit | undefined,
  ): Promise<boolean> {
    const row = await update(reference, {
      UpdateExpression: 'SET #circuit = :circuit',
      ConditionExpression: `#state = :active AND ${
        found ? '#circuit.#open_until = :found' : 'attribute_not_exists(#circuit)'
      }`,
      ExpressionAttributeNames: { ...aliases('circuit', 'state'), ...(found && aliases('open_until')) },
      ExpressionAttributeValues: {
        ':circuit': toCircuitAttribute(circuit),
        ':active': 'active',
        ...(found && { ':found': found.openUntil }),
      },
    });
    return row !== undefined;
  }

  async function claimProbe(
    reference: SubscriptionReference,
    found: Circuit,
    { now, until }: { readonly now: Date; readonly until: Date },
  ): Promise<boolean> {
    const row = await update(reference, {
      UpdateExpression: 'SET #circuit.#probe_until = :until',
      ConditionExpression: `#state <> :deleted AND #circuit.#open_until = :found
        AND (attribute_not_exists(#circuit.#probe_until) OR #circuit.#probe_until <= :now)`,
      ExpressionAttributeNames: aliases('circuit', 'probe_until', 'open_until', 'state'),
      ExpressionAttributeValues: {
        ...{ ':until': until.toISOString(), ':now': now.toISOString() },
        ...{ ':found': found.openUntil, ':deleted': 'deleted' },
      },
    });
    return row !== undefined;
  }

  async function recordWarning(reference: SubscriptionReference, percent: number): Promise<void> {
    await update(reference, {
      UpdateExpression: 'SET #warned_percent = :percent',
      ConditionExpression: `#state = :active AND attribute_exists(#failing_since)
        AND (attribute_not_exists(#warned_percent) OR #warned_percent < :percent)`,
      ExpressionAttributeNames: aliases('warned_percent', 'failing_since', 'state'),
      ExpressionAttributeValues: { ':percent': percent, ':active': 'active' },
    });
  }

  /** @returns the row as it is now; `undefined` when the condition did not hold. A row that is not there has no state. */
  async function update(
    reference: SubscriptionReference,
    expressions: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
  ): Promise<Row | undefined> {
    const { ConditionExpression: condition, ExpressionAttributeNames: names } = expressions;
    const command = new UpdateCommand({
      TableName: tableName,
      Key: subscriptionRowKey(reference),
      ...expressions,
      ConditionExpression: `attribute_exists(#partition) AND ${condition}`,
      ExpressionAttributeNames: { ...names, '#partition': 'partition' },
      ReturnValues: 'ALL_NEW',
    });
    return (await ifConditionHolds(client.send(command)))?.Attributes;
  }
}

function aliases(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`#${name}`, name]));
}
