import { createHash } from 'node:crypto';
import { ACCOUNT_ID, arn, functionNameOf } from '../aws/identity';

/** What a resource is called in the emulators: its `Ref` and its attributes. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface Nameable {
  readonly type: string;
  readonly logicalId: string;
  /** The name of a resource that the template leaves unnamed. */
  readonly generatedName: string;
  readonly queueEndpoint: string;
  /** One evaluated property as text. */
  property(name: string): string | undefined;
}

type Identifier = (resource: Nameable) => Identity;

/** SQS takes names of 80 characters, Lambda of 64; the end of a generated name is what tells it apart. */
const MAX_QUEUE_NAME = 80;
const MAX_FUNCTION_NAME = 64;

const identifiers: Readonly<Record<string, Identifier>> = {
  'AWS::DynamoDB::Table': ({ property, generatedName }) => {
    const name = property('TableName') ?? generatedName;
    return { ref: name, attributes: { Arn: arn('dynamodb', `table/${name}`) } };
  },
  'AWS::Kinesis::Stream': ({ property, generatedName }) => {
    const name = property('Name') ?? generatedName;
    return { ref: name, attributes: { Arn: arn('kinesis', `stream/${name}`) } };
  },
  'AWS::Kinesis::StreamConsumer': ({ property }) => {
    const consumerArn = `${property('StreamARN')}/consumer/${property('ConsumerName')}:1`;
    return { ref: consumerArn, attributes: { ConsumerARN: consumerArn } };
  },
  'AWS::SQS::Queue': ({ property, generatedName, queueEndpoint }) => {
    const name = property('QueueName') ?? generatedName.slice(-MAX_QUEUE_NAME);
    const url = `${queueEndpoint}/${ACCOUNT_ID}/${name}`;
    return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
  },
  'AWS::Lambda::Function': ({ property, generatedName }) => {
    const name = property('FunctionName') ?? generatedName.slice(-MAX_FUNCTION_NAME);
    return { ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } };
  },
  'AWS::Lambda::Version': ({ property }) => {
    const version = `${qualifiable(property('FunctionName'))}:1`;
    return { ref: version, attributes: { Version: '1', FunctionArn: version } };
  },
  'AWS::Lambda::Alias': ({ property }) => {
    const alias = `${qualifiable(property('FunctionName'))}:${property('Name')}`;
    return { ref: alias, attributes: { AliasArn: alias } };
  },
  'AWS::ApiGateway::RestApi': ({ logicalId }) => ({
    ref: logicalId,
    attributes: { RootResourceId: rootResourceId(logicalId), RestApiId: logicalId },
  }),
  'AWS::ApiGateway::Resource': ({ logicalId }) => ({
    ref: logicalId,
    attributes: { ResourceId: logicalId },
  }),
  'AWS::ApiGateway::Deployment': ({ logicalId }) => ({
    ref: logicalId,
    attributes: { DeploymentId: logicalId },
  }),
  'AWS::ApiGateway::Stage': ({ property }) => ({ ref: property('StageName') ?? 'local', attributes: {} }),
  'AWS::Events::Rule': ({ property, generatedName }) => {
    const name = property('Name') ?? generatedName;
    return { ref: name, attributes: { Arn: arn('events', `rule/${name}`) } };
  },
  'AWS::SecretsManager::Secret': ({ property, generatedName }) => {
    const secretArn = arn('secretsmanager', `secret:${withSuffix(property('Name') ?? generatedName)}`);
    return { ref: secretArn, attributes: { Id: secretArn } };
  },
};

/** Names a resource: derived from its logical id alone, so the same template finds its data again. */
export function identify(resource: Nameable): Identity {
  const identifier = Object.hasOwn(identifiers, resource.type) ? identifiers[resource.type] : undefined;
  return identifier?.(resource) ?? { ref: resource.generatedName, attributes: {} };
}

/** The id of an API's root: no logical id has a slash in it. */
export function rootResourceId(apiLogicalId: string): string {
  return `${apiLogicalId}/`;
}

function qualifiable(nameOrArn = ''): string {
  return arn('lambda', `function:${functionNameOf(nameOrArn) ?? nameOrArn}`);
}

/** Secrets Manager ends an ARN with six characters of its own; here they follow from the name. */
function withSuffix(name: string): string {
  return `${name}-${createHash('sha256').update(name).digest('hex').slice(0, 6)}`;
}
