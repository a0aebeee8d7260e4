import { type Template, UnknownFeatureError } from './template';

/**
 * THE LIST of what the runner knows. `implemented` properties act here as they do on AWS; `withoutEffect` ones
 * are known to change nothing on one machine. Whatever is in neither list stops the start.
 */
interface Coverage {
  readonly implemented: readonly string[];
  readonly withoutEffect: readonly string[];
}

const coverage: Readonly<Record<string, Coverage>> = {
  'AWS::ApiGateway::RestApi': {
    implemented: ['Name', 'BinaryMediaTypes'],
    // Loopback has one kind of endpoint, and the policy would name IAM principals.
    withoutEffect: ['Description', 'EndpointConfiguration', 'Tags', 'DisableExecuteApiEndpoint', 'Policy'],
  },
  'AWS::ApiGateway::Resource': { implemented: ['ParentId', 'PathPart', 'RestApiId'], withoutEffect: [] },
  'AWS::ApiGateway::Method': {
    implemented: ['HttpMethod', 'ResourceId', 'RestApiId', 'Integration', 'AuthorizationType'],
    // Request parameters only declare what a proxy integration passes on anyway.
    withoutEffect: ['RequestParameters', 'OperationName'],
  },
  'AWS::ApiGateway::GatewayResponse': {
    implemented: ['ResponseType', 'RestApiId', 'StatusCode', 'ResponseTemplates', 'ResponseParameters'],
    withoutEffect: [],
  },
  'AWS::ApiGateway::Stage': {
    implemented: ['StageName', 'RestApiId', 'DeploymentId', 'Variables'],
    withoutEffect: ['AccessLogSetting', 'MethodSettings', 'TracingEnabled', 'Tags', 'Description'],
  },
  'AWS::ApiGateway::Deployment': { implemented: [], withoutEffect: ['RestApiId', 'Description'] },
  'AWS::DynamoDB::Table': {
    implemented: ['TableName', 'KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes', 'BillingMode'],
    // Time to live is late on AWS too: readers filter what has expired, so nothing here deletes.
    withoutEffect: [
      'TimeToLiveSpecification',
      'ProvisionedThroughput',
      'OnDemandThroughput',
      'PointInTimeRecoverySpecification',
      'DeletionProtectionEnabled',
      'SSESpecification',
      'ContributorInsightsSpecification',
      'TableClass',
      'Tags',
    ],
  },
  'AWS::Kinesis::Stream': {
    implemented: ['Name', 'ShardCount', 'StreamModeDetails', 'RetentionPeriodHours'],
    withoutEffect: ['StreamEncryption', 'Tags'],
  },
  'AWS::Kinesis::StreamConsumer': { implemented: ['ConsumerName', 'StreamARN'], withoutEffect: ['Tags'] },
  'AWS::SQS::Queue': {
    implemented: [
      'QueueName',
      'VisibilityTimeout',
      'DelaySeconds',
      'MessageRetentionPeriod',
      'MaximumMessageSize',
      'ReceiveMessageWaitTimeSeconds',
      'RedrivePolicy',
    ],
    withoutEffect: [
      'SqsManagedSseEnabled',
      'KmsMasterKeyId',
      'KmsDataKeyReusePeriodSeconds',
      'RedriveAllowPolicy',
      'Tags',
    ],
  },
  'AWS::Lambda::Function': {
    implemented: ['Code', 'Handler', 'Environment', 'FunctionName', 'MemorySize', 'Timeout', 'Runtime'],
    withoutEffect: [
      'Architectures',
      'Description',
      'Role',
      'TracingConfig',
      'LoggingConfig',
      'Tags',
      'KmsKeyArn',
      'RuntimeManagementConfig',
      'RecursiveLoop',
      'ReservedConcurrentExecutions',
    ],
  },
  'AWS::Lambda::Version': {
    implemented: ['FunctionName'],
    withoutEffect: ['Description', 'ProvisionedConcurrencyConfig', 'CodeSha256', 'RuntimePolicy'],
  },
  'AWS::Lambda::Alias': {
    implemented: ['FunctionName', 'FunctionVersion', 'Name'],
    withoutEffect: ['Description', 'ProvisionedConcurrencyConfig'],
  },
  'AWS::Lambda::EventSourceMapping': {
    implemented: [
      'EventSourceArn',
      'FunctionName',
      'BatchSize',
      'Enabled',
      'FunctionResponseTypes',
      'ParallelizationFactor',
      'BisectBatchOnFunctionError',
      'MaximumRetryAttempts',
      'MaximumRecordAgeInSeconds',
      'MaximumBatchingWindowInSeconds',
      'StartingPosition',
      'ScalingConfig',
    ],
    withoutEffect: ['Tags', 'MetricsConfig', 'KmsKeyArn'],
  },
  'AWS::Events::Rule': {
    implemented: ['Name', 'ScheduleExpression', 'State', 'Targets'],
    withoutEffect: ['Description', 'Tags'],
  },
  'AWS::SecretsManager::Secret': {
    implemented: ['Name', 'GenerateSecretString', 'SecretString'],
    withoutEffect: ['Description', 'KmsKeyId', 'Tags'],
  },
};

/** Resource types that change nothing on one machine: permissions, logs, alarms, keys of services. */
const typesWithoutEffect: readonly RegExp[] = [
  /^AWS::IAM::/,
  /^AWS::Logs::/,
  /^AWS::CloudWatch::/,
  /^AWS::ApplicationAutoScaling::/,
  /^AWS::KMS::/,
  // Topics are where alarms go; nothing here raises one.
  /^AWS::SNS::/,
  /^AWS::XRay::/,
  /^AWS::ApiGateway::Account$/,
  /^AWS::CDK::Metadata$/,
  /^AWS::Lambda::Permission$/,
  /^AWS::SQS::QueuePolicy$/,
  /^AWS::Kinesis::ResourcePolicy$/,
  /^AWS::SecretsManager::ResourcePolicy$/,
];

const sections = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Conditions',
  'Mappings',
  'Resources',
  'Outputs',
  // The check of the bootstrap version, which a deployment needs.
  'Rules',
];

const resourceAttributes = [
  'Type',
  'Properties',
  'Condition',
  'DependsOn',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];

/** Custom resources are invoked with all the properties they have. */
export function isCustomResource(type: string): boolean {
  return type.startsWith('Custom::') || type === 'AWS::CloudFormation::CustomResource';
}

/** True for a resource type that is known to change nothing here. */
export function isWithoutEffect(type: string): boolean {
  return typesWithoutEffect.some((pattern) => pattern.test(type));
}

/**
 * Holds a template against the list.
 * @throws UnknownFeatureError that names every section, type and property the runner does not know.
 */
export function checkCoverage(template: Template): void {
  const problems = [
    ...Object.keys(template)
      .filter((section) => !sections.includes(section))
      .map((section) => `the template section ${section}`),
    ...Object.entries(template.Resources).flatMap(([logicalId, resource]) =>
      unknownOfResource(logicalId, resource),
    ),
  ];
  if (problems.length > 0) {
    throw new UnknownFeatureError(problems);
  }
}

function unknownOfResource(logicalId: string, resource: Template['Resources'][string]): string[] {
  const type = resource.Type;
  if (isWithoutEffect(type)) {
    return [];
  }
  const attributes = Object.keys(resource)
    .filter((attribute) => !resourceAttributes.includes(attribute))
    .map((attribute) => `${logicalId} (${type}): attribute ${attribute}`);
  if (isCustomResource(type)) {
    return attributes;
  }
  const known = Object.hasOwn(coverage, type) ? coverage[type] : undefined;
  if (!known) {
    return [`${logicalId} (${type}): resource type ${type}`];
  }
  const properties = Object.keys(resource.Properties ?? {})
    .filter((property) => !known.implemented.includes(property) && !known.withoutEffect.includes(property))
    .map((property) => `${logicalId} (${type}): property ${property}`);
  return [...attributes, ...properties];
}
