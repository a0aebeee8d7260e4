import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FunctionDefinition, type FunctionName, functions } from '../../lambdas/functions';
import { routes } from '../../lambdas/routes';
import { type TableDefinition, tables } from '../../lambdas/tables';
import { gatewayAnswers } from '../../lib/constructs/gateway-responses';
import { stageNames } from '../../lib/stage-defaults';
import { at, grantsOf, ofType, type Template, templateOf } from './templates';

const preview = templateOf('preview');
const dev = templateOf('dev');
const prod = templateOf('prod');
const stages = { preview, dev, prod };
/** With what only settings bring. */
const whole = templateOf('prod', { notifyFrom: 'hub@acme.io', pubsub: { project: 'acme' } });
const all = Object.keys(functions) as FunctionName[];
const stems = all.filter((stem) => stem !== 'notify-owners' && stem !== 'publish-deliveries');

describe.each(all)('the function %s', (stem) => {
  const definition: FunctionDefinition = functions[stem];
  const { Properties, id } = at(whole, `${stem}/Function/Resource`);

  it('runs as the map says, on Node 24 and arm64, traced', () => {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: definition.memoryMegabytes,
      Timeout: definition.timeoutSeconds,
      Description: definition.description,
      TracingConfig: { Mode: 'Active' },
    });
  });

  it('has exactly the environment of the map', () => {
    expect(Object.keys(Properties.Environment?.Variables ?? {}).sort()).toEqual(
      [...definition.environment].sort(),
    );
  });

  it('has a role and a log group of its own, which is not kept for ever', () => {
    const users = ofType(whole, 'AWS::Lambda::Function').filter(
      (other) => JSON.stringify(other.Properties.Role) === JSON.stringify(Properties.Role),
    );
    expect(users.map((user) => user.id)).toEqual([id]);
    expect(at(whole, `${stem}/Role/Resource`).Properties.ManagedPolicyArns).toBeUndefined();
    expect(at(whole, `${stem}/Logs/Resource`).Properties.RetentionInDays).toBe(90);
    expect(Properties.LoggingConfig).toEqual({ LogGroup: { Ref: at(whole, `${stem}/Logs/Resource`).id } });
  });
});

describe('permissions', () => {
  const reader = (stream: string) => [
    `kinesis:DescribeStream ${stream}`,
    `kinesis:DescribeStreamSummary ${stream}`,
    `kinesis:GetRecords ${stream}`,
    `kinesis:GetShardIterator ${stream}`,
    `kinesis:ListShards ${stream}`,
  ];
  const changes = 'change/changes-stream';
  const events = 'events/events-stream';
  const queue = 'webhooks/deliveries-queue/Queue';
  const deadLetters = 'webhooks/deliveries-queue/DeadLetters';
  const releases = 'schedule/releases-queue/Queue';

  it.each<[FunctionName, string[]]>([
    [
      'submit-change',
      [
        'dynamodb:BatchGetItem change/change-statuses',
        `kinesis:PutRecord ${changes}`,
        `kinesis:PutRecords ${changes}`,
      ],
    ],
    ['read-change-status', ['dynamodb:Query change/change-statuses']],
    [
      'integrate-changes',
      [
        'dynamodb:BatchGetItem change/change-statuses',
        'dynamodb:BatchGetItem change/profiles',
        'dynamodb:PutItem change/change-statuses',
        'dynamodb:PutItem change/profiles',
        'dynamodb:UpdateItem change/change-statuses',
        ...reader(changes),
        `kinesis:PutRecords ${events}`,
        'secretsmanager:GetSecretValue secrets/cis-key',
        'secretsmanager:GetSecretValue secrets/publisher-rules',
        'secretsmanager:GetSecretValue secrets/publishers-jwks',
      ],
    ],
    [
      'read-person',
      [
        'dynamodb:GetItem change/profiles',
        'dynamodb:Query change/profiles/index/by-primary-email',
        'dynamodb:Query change/profiles/index/by-primary-username',
        'dynamodb:Query change/profiles/index/by-uuid',
      ],
    ],
    [
      'list-people',
      [
        'dynamodb:GetItem change/profiles',
        'dynamodb:Query change/profiles/index/by-connection-method',
        'dynamodb:Query change/profiles/index/by-primary-email',
        'dynamodb:Scan change/profiles',
      ],
    ],
    [
      'read-well-known',
      [
        'secretsmanager:GetSecretValue secrets/publisher-rules',
        'secretsmanager:GetSecretValue secrets/publishers-jwks',
      ],
    ],
    [
      'manage-topics',
      ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'].map(
        (action) => `dynamodb:${action} topics/registry`,
      ),
    ],
    [
      'manage-subscriptions',
      [
        ...['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
          (action) => `dynamodb:${action} topics/registry`,
        ),
        'dynamodb:GetItem events/events',
        'dynamodb:PutItem events/events',
        'sqs:SendMessage webhooks/deliveries-queue/Queue',
      ].sort(),
    ],
    ['read-webhook-keys', ['dynamodb:GetItem topics/registry']],
    ['accept-grant', ['dynamodb:GetItem topics/registry', 'dynamodb:UpdateItem topics/registry']],
    [
      'manage-events',
      [
        'dynamodb:BatchGetItem events/events',
        'dynamodb:GetItem events/events',
        'dynamodb:GetItem topics/registry',
        'dynamodb:PutItem events/events',
        'dynamodb:Query events/events',
        'dynamodb:Query webhooks/deliveries',
        `kinesis:PutRecords ${events}`,
      ],
    ],
    [
      'manage-deliveries',
      [
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:BatchGetItem webhooks/deliveries',
        'dynamodb:GetItem topics/registry',
        'dynamodb:GetItem webhooks/deliveries',
        'dynamodb:PutItem webhooks/deliveries',
        'dynamodb:Query topics/registry',
        'dynamodb:Query webhooks/deliveries',
        'dynamodb:Query webhooks/deliveries/index/by-dead',
        'dynamodb:Query webhooks/deliveries/index/by-subscription',
        'dynamodb:UpdateItem topics/registry',
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'requeue-messages',
      [
        'dynamodb:Query schedule/scheduled-messages/index/by-due',
        'dynamodb:UpdateItem schedule/scheduled-messages',
        `sqs:SendMessage ${releases}`,
      ],
    ],
    [
      'release-messages',
      [
        'dynamodb:UpdateItem schedule/scheduled-messages',
        `kinesis:PutRecords ${events}`,
        `sqs:DeleteMessage ${releases}`,
        `sqs:GetQueueAttributes ${releases}`,
        `sqs:ReceiveMessage ${releases}`,
        `sqs:SendMessage ${releases}`,
      ],
    ],
    [
      'recover-messages',
      [
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:GetItem topics/registry',
        'dynamodb:Query topics/registry',
        'dynamodb:UpdateItem topics/registry',
        `kinesis:PutRecords ${events}`,
      ],
    ],
    ['read-health', []],
    ['read-openapi', []],
    ['answer-not-found', []],
    [
      'dispatch-events',
      [
        'dynamodb:GetItem events/events',
        'dynamodb:PutItem events/events',
        'dynamodb:Query topics/registry',
        'dynamodb:UpdateItem events/events',
        ...reader(events),
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'deliver-webhooks',
      [
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:GetItem events/events',
        'dynamodb:GetItem topics/registry',
        'dynamodb:GetItem webhooks/deliveries',
        'dynamodb:PutItem webhooks/deliveries',
        'dynamodb:UpdateItem topics/registry',
        `kinesis:PutRecords ${events}`,
        `sqs:DeleteMessage ${queue}`,
        `sqs:GetQueueAttributes ${queue}`,
        `sqs:ReceiveMessage ${queue}`,
        `sqs:SendMessage ${deadLetters}`,
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'manage-replays',
      [
        'dynamodb:GetItem topics/registry',
        'dynamodb:PutItem topics/registry',
        'dynamodb:Query topics/registry',
        'dynamodb:UpdateItem topics/registry',
      ],
    ],
    [
      'replay-events',
      [
        'dynamodb:BatchGetItem events/events',
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:DeleteItem topics/registry',
        'dynamodb:GetItem topics/registry',
        'dynamodb:GetItem webhooks/deliveries',
        'dynamodb:PutItem topics/registry',
        'dynamodb:Query events/events',
        'dynamodb:Query topics/registry',
        'dynamodb:UpdateItem topics/registry',
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'requeue-deliveries',
      [
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:BatchGetItem webhooks/deliveries',
        'dynamodb:DeleteItem topics/registry',
        'dynamodb:PutItem webhooks/deliveries',
        'dynamodb:Query topics/registry',
        'dynamodb:Query webhooks/deliveries/index/by-dead',
        'dynamodb:Query webhooks/deliveries/index/by-due',
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'resend-dead-letters',
      [
        'dynamodb:BatchGetItem topics/registry',
        'dynamodb:GetItem webhooks/deliveries',
        'dynamodb:PutItem webhooks/deliveries',
        'kinesis:PutRecords events/events-stream',
        `sqs:DeleteMessage ${deadLetters}`,
        `sqs:ReceiveMessage ${deadLetters}`,
        `sqs:SendMessage ${deadLetters}`,
        `sqs:SendMessage ${queue}`,
      ],
    ],
    [
      'generate-cis-key',
      [
        'secretsmanager:GetSecretValue secrets/cis-key',
        'secretsmanager:GetSecretValue secrets/publishers-jwks',
        'secretsmanager:PutSecretValue secrets/cis-key',
        'secretsmanager:PutSecretValue secrets/publishers-jwks',
      ],
    ],
  ])('of %s are exactly what it uses', (stem, grants) => {
    expect(grantsOf(preview, stem)).toEqual(grants);
  });

  it('are the same in every stage, but for the consumers of enhanced fan-out', () => {
    for (const stem of stems) {
      const inProd = grantsOf(prod, stem).filter((grant) => !grant.endsWith('/Consumer'));
      expect(inProd).toEqual(grantsOf(preview, stem));
      expect(grantsOf(dev, stem)).toEqual(grantsOf(preview, stem));
    }
    expect(grantsOf(prod, 'integrate-changes')).toContain(
      'kinesis:SubscribeToShard change/changes-stream/Consumer',
    );
  });

  it('name no wildcard but the traces, which have no resource', () => {
    for (const { Properties } of ofType(prod, 'AWS::IAM::Policy')) {
      for (const { Action, Resource } of Properties.PolicyDocument.Statement) {
        expect(JSON.stringify(Action)).not.toContain('*');
        expect(Resource === '*').toBe(JSON.stringify(Action).includes('xray:'));
      }
    }
  });
});

describe('the tables', () => {
  it.each(Object.entries(tables))('%s is as the map says, and paid by request', (name, given) => {
    const definition: TableDefinition = given;
    const table = ofType(prod, 'AWS::DynamoDB::Table').find(({ Metadata }) =>
      Metadata['aws:cdk:path']?.endsWith(`/${name}/Table/Resource`),
    );
    const keys = ({ partitionKey, sortKey }: { partitionKey: string; sortKey?: string }) => [
      { AttributeName: partitionKey, KeyType: 'HASH' },
      ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' }] : []),
    ];
    expect(table?.Properties.BillingMode).toBe('PAY_PER_REQUEST');
    expect(table?.Properties.KeySchema).toEqual(keys(definition));
    expect(table?.Properties.GlobalSecondaryIndexes ?? []).toEqual(
      Object.entries(definition.indexes).map(([IndexName, index]) => ({
        IndexName,
        KeySchema: keys(index),
        Projection: index.include
          ? { NonKeyAttributes: index.include, ProjectionType: 'INCLUDE' }
          : { ProjectionType: 'KEYS_ONLY' },
      })),
    );
    expect(table?.Properties.TimeToLiveSpecification).toEqual(
      definition.timeToLive && { AttributeName: definition.timeToLive, Enabled: true },
    );
  });
});

describe('data', () => {
  const stateful = (template: Template) =>
    Object.entries(template.Resources).filter(([, { Type }]) =>
      [
        'AWS::DynamoDB::Table',
        'AWS::Kinesis::Stream',
        'AWS::SQS::Queue',
        'AWS::SecretsManager::Secret',
      ].includes(Type),
    );

  it.each(['preview', 'dev'] as const)('goes with the stack in %s', (stage) => {
    for (const [, resource] of stateful(stages[stage])) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' });
    }
  });

  it('outlives the stack in prod, can be restored to any second, and is protected from deletion', () => {
    for (const [, resource] of stateful(prod)) {
      expect(resource).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
    for (const { Properties } of ofType(prod, 'AWS::DynamoDB::Table')) {
      expect(Properties.DeletionProtectionEnabled).toBe(true);
      expect(Properties.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
    }
  });

  // A logical id that changes is a new, empty table beside the old one: never update this list lightly.
  it('keeps its logical ids, the same in every stage', () => {
    const ids = (template: Template) =>
      stateful(template)
        .map(([id]) => id)
        .sort();
    expect(ids(prod)).toEqual(pinnedIds);
    expect(ids(dev)).toEqual(pinnedIds);
    expect(ids(preview)).toEqual(pinnedIds);
  });
});

const pinnedIds = [
  'changechangesstreamStream1D29436B',
  'changechangestatusesTableC70A3EC3',
  'changeprofilesTable64383B85',
  'erasureerasuresTableD7B5930E',
  'eventsTable041AEF74',
  'eventseventsstreamStream5CB3974B',
  'schedulereleasesqueueDeadLetters6A48DFC3',
  'schedulereleasesqueueQueueD1F1DF71',
  'schedulescheduledmessagesTableF4D4BCDD',
  'secretsciskey1A958657',
  'secretshubkeysC0EBD801',
  'secretshubs072E8F31',
  'secretspublisherrules18F43515',
  'secretspublishersjwks44298CCD',
  'secretsregistrationtoken9D47D096',
  'secretstokensecretC7FF0809',
  'secretstriggertoken93778D5A',
  'topicsregistryTableEDE5B620',
  'webhooksdeliveriesTable7F36443D',
  'webhooksdeliveriesqueueDeadLettersC6FA8F6A',
  'webhooksdeliveriesqueueQueue9B7DD96E',
];

describe('the streams', () => {
  it.each([
    ['preview', 'PROVISIONED', 24],
    ['dev', 'PROVISIONED', 24],
    ['prod', 'ON_DEMAND', 168],
  ] as const)('of %s are %s and keep %i hours, encrypted', (stage, mode, hours) => {
    const streams = ofType(stages[stage], 'AWS::Kinesis::Stream');
    expect(streams).toHaveLength(2);
    for (const { Properties } of streams) {
      expect(Properties.RetentionPeriodHours).toBe(hours);
      expect(Properties.StreamEncryption).toEqual({ EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' });
      expect(Properties.StreamModeDetails?.StreamMode).toBe(mode);
      expect(Properties.ShardCount).toBe(mode === 'PROVISIONED' ? 1 : undefined);
    }
  });

  it.each([
    ['integrate-changes', 'change/changes-stream'],
    ['dispatch-events', 'events/events-stream'],
  ])('feed %s from the oldest record on, for ever, unfiltered', (stem, stream) => {
    const { Properties, DependsOn } = at(preview, `${stem}/Feed`);
    expect(Properties).toEqual({
      FunctionName: { 'Fn::GetAtt': [at(preview, `${stem}/Function/Resource`).id, 'Arn'] },
      EventSourceArn: { 'Fn::GetAtt': [at(preview, `${stream}/Stream/Resource`).id, 'Arn'] },
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: -1,
      MaximumRecordAgeInSeconds: -1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ParallelizationFactor: 10,
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 0,
    });
    expect(DependsOn).toContain(at(preview, `${stem}/Role/DefaultPolicy/Resource`).id);
  });

  it('are read over consumers of their own with enhanced fan-out: in prod, or where it is set', () => {
    expect(ofType(preview, 'AWS::Kinesis::StreamConsumer')).toHaveLength(0);
    expect(ofType(prod, 'AWS::Kinesis::StreamConsumer')).toHaveLength(2);
    const consumer = at(prod, 'events/events-stream/Consumer');
    expect(at(prod, 'dispatch-events/Feed').Properties.EventSourceArn).toEqual({
      'Fn::GetAtt': [consumer.id, 'ConsumerARN'],
    });
  });

  it('start the integration only when the cis key is there', () => {
    expect(at(preview, 'integrate-changes/Feed').DependsOn).toContain(
      ofType(preview, 'Custom::CisKey')[0]?.id,
    );
  });
});

describe('the deliveries queue', () => {
  const { Properties, id } = at(prod, 'deliveries-queue/Queue/Resource');
  const deadLetters = at(prod, 'deliveries-queue/DeadLetters/Resource');

  it('hides a message for six time-outs of the worker and buries it after five receives', () => {
    expect(Properties.VisibilityTimeout).toBe(6 * functions['deliver-webhooks'].timeoutSeconds);
    expect(Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters.id, 'Arn'] },
      maxReceiveCount: 5,
    });
  });

  it('and its dead-letter queue keep messages as long as SQS does, encrypted, over TLS alone', () => {
    for (const queue of [Properties, deadLetters.Properties]) {
      expect(queue).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true });
    }
    const policies = ofType(prod, 'AWS::SQS::QueuePolicy').map(({ Properties }) =>
      JSON.stringify(Properties),
    );
    expect(policies).toHaveLength(4);
    expect(policies.every((policy) => policy.includes('{"aws:SecureTransport":"false"}'))).toBe(true);
  });

  it('feeds deliver-webhooks in tens, bounded by the mapping and not by reserved concurrency', () => {
    expect(at(prod, 'deliver-webhooks/Feed').Properties).toEqual({
      FunctionName: { 'Fn::GetAtt': [at(prod, 'deliver-webhooks/Function/Resource').id, 'Arn'] },
      EventSourceArn: { 'Fn::GetAtt': [id, 'Arn'] },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 100 },
    });
    for (const fn of ofType(prod, 'AWS::Lambda::Function')) {
      expect(fn.Properties.ReservedConcurrentExecutions).toBeUndefined();
    }
  });
});

describe('the tick', () => {
  it('runs what looks for due work every minute', () => {
    for (const stem of [
      'requeue-deliveries',
      'resend-dead-letters',
      'replay-events',
      'requeue-messages',
      'recover-messages',
    ]) {
      expect(at(preview, `${stem}/Tick/Resource`).Properties).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
        Targets: [{ Arn: { 'Fn::GetAtt': [at(preview, `${stem}/Function/Resource`).id, 'Arn'] } }],
      });
    }
  });
});

describe('the API', () => {
  const api = ofType(prod, 'AWS::ApiGateway::RestApi')[0];
  const resources = new Map(
    ofType(prod, 'AWS::ApiGateway::Resource').map((resource) => [resource.id, resource]),
  );

  function pathOf(reference: { Ref?: string }): string {
    const resource = resources.get(reference.Ref ?? '');
    return resource ? `${pathOf(resource.Properties.ParentId)}/${resource.Properties.PathPart}` : '';
  }

  it('has exactly the routes of the map', () => {
    const aliases = ofType(prod, 'AWS::Lambda::Alias');
    const found = ofType(prod, 'AWS::ApiGateway::Method').map(({ Properties }) => {
      const integration = JSON.stringify(Properties.Integration.Uri);
      const alias = aliases.find(({ id }) => integration.includes(`"${id}"`));
      const called = alias ? JSON.stringify(alias.Properties.FunctionName) : integration;
      const target = stems.find((stem) => called.includes(at(prod, `${stem}/Function/Resource`).id));
      return `${Properties.HttpMethod} ${pathOf(Properties.ResourceId) || '/'} ${target}`;
    });
    expect(found.sort()).toEqual(
      routes.map((route) => `${route.method} ${route.path} ${route.function}`).sort(),
    );
  });

  it('passes bodies on byte for byte and leaves credentials to the functions', () => {
    expect(api?.Properties.BinaryMediaTypes).toEqual(['*/*']);
    expect(api?.Properties.EndpointConfiguration).toEqual({ Types: ['REGIONAL'] });
    for (const { Properties } of ofType(prod, 'AWS::ApiGateway::Method')) {
      expect(Properties).toMatchObject({ AuthorizationType: 'NONE', Integration: { Type: 'AWS_PROXY' } });
    }
  });

  it('may call each of its functions by one permission', () => {
    const permissions = ofType(prod, 'AWS::Lambda::Permission').filter(
      ({ Properties }) => Properties.Principal === 'apigateway.amazonaws.com',
    );
    expect(permissions).toHaveLength(new Set(routes.map((route) => route.function)).size);
  });

  it('traces, throttles, and logs as JSON without the path, which may hold an e-mail address', () => {
    const stage = ofType(prod, 'AWS::ApiGateway::Stage')[0];
    expect(stage?.Properties).toMatchObject({ StageName: 'prod', TracingEnabled: true });
    expect(stage?.Properties.MethodSettings).toEqual([
      expect.objectContaining({
        ThrottlingRateLimit: 2000,
        ThrottlingBurstLimit: 4000,
        DataTraceEnabled: false,
      }),
    ]);
    const { Format } = stage?.Properties.AccessLogSetting ?? {};
    expect(Object.keys(JSON.parse(Format))).toContain('resource');
    expect(Format).not.toMatch(/context\.(path|authorizer|requestOverride|identity\.user)\b/);
  });

  it('deploys anew after its gateway responses', () => {
    const deployment = ofType(prod, 'AWS::ApiGateway::Deployment')[0];
    for (const { id } of ofType(prod, 'AWS::ApiGateway::GatewayResponse')) {
      expect(deployment?.DependsOn).toContain(id);
    }
  });
});

describe('the gateway’s own answers', () => {
  const answers = new Map(
    ofType(prod, 'AWS::ApiGateway::GatewayResponse').map(({ Properties }) => [
      Properties.ResponseType,
      Properties,
    ]),
  );
  const bodyOf = (type: string) =>
    JSON.parse(
      answers
        .get(type)
        .ResponseTemplates['application/json'].replaceAll('$context.error.messageString', '"Forbidden"'),
    );

  it.each([
    ['THROTTLED', '500', 'ProvisionedThroughputExceededException'],
    ['INTEGRATION_FAILURE', '500', 'InternalFailureException'],
    ['INTEGRATION_TIMEOUT', '500', 'InternalFailureException'],
    ['API_CONFIGURATION_ERROR', '500', 'InternalFailureException'],
    ['DEFAULT_5XX', '500', 'InternalFailureException'],
    ['REQUEST_TOO_LARGE', '400', 'ValidationException'],
    ['QUOTA_EXCEEDED', '500', 'ProvisionedThroughputExceededException'],
    ['ACCESS_DENIED', '400', 'AccessDeniedException'],
    ['UNAUTHORIZED', '400', 'AccessDeniedException'],
    ['WAF_FILTERED', '400', 'AccessDeniedException'],
    ['MISSING_AUTHENTICATION_TOKEN', '400', 'ResourceNotFoundException'],
    ['DEFAULT_4XX', undefined, 'ValidationException'],
  ])('%s is %s with the errorType %s', (type, status, errorType) => {
    expect(answers.get(type).StatusCode).toBe(status);
    expect(bodyOf(type).errorType).toBe(errorType);
  });

  it('are all worded', () => {
    expect([...answers.keys()].sort()).toEqual(gatewayAnswers.map(({ type }) => type.responseType).sort());
  });

  it('have a body in which every client family finds its error', () => {
    for (const type of answers.keys()) {
      const body = bodyOf(type);
      expect(body).toEqual({
        message: expect.any(String),
        errorType: expect.any(String),
        error: expect.any(String),
        errors: { detail: body.message },
        data: { errors: body.message },
      });
      expect(body.message.length).toBeGreaterThan(0);
      expect(body.message.length).toBeLessThanOrEqual(255);
    }
  });

  it('name the limit that was passed', () => {
    expect(bodyOf('REQUEST_TOO_LARGE').message).toMatch(/\d{7} bytes/);
  });
});

describe('the secrets', () => {
  const generated = ['registration-token', 'trigger-token', 'token-secret'];

  it.each(generated)('%s is generated', (name) => {
    const { Properties } = at(prod, `secrets/${name}/Resource`);
    expect(Properties.GenerateSecretString).toEqual({ PasswordLength: 43, ExcludePunctuation: true });
    expect(Properties.SecretString).toBeUndefined();
  });

  it('leave the cis key empty for the function that generates it, once CloudFormation calls it', () => {
    const { Properties } = at(prod, 'secrets/cis-key');
    expect(Properties.SecretString).toBeUndefined();
    expect(Properties.GenerateSecretString).toBeUndefined();
    const key = ofType(prod, 'Custom::CisKey')[0];
    const fn = at(prod, 'generate-cis-key/Function/Resource');
    expect(key?.Properties.ServiceToken).toEqual({ 'Fn::GetAtt': [fn.id, 'Arn'] });
    expect(key?.DependsOn).toContain(at(prod, 'generate-cis-key/Role/DefaultPolicy/Resource').id);
  });

  it('hold no publisher’s key, and the rules of the release, until somebody brings others', () => {
    expect(at(prod, 'publishers-jwks/Resource').Properties.SecretString).toBe('{}');
    expect(at(prod, 'publisher-rules/Resource').Properties.SecretString).toBe('{}');
  });

  it('take the values of the preview’s settings', () => {
    const template = templateOf('preview', { triggerToken: 'pull-me', cisPrivateKey: __filename });
    expect(at(template, 'secrets/trigger-token/Resource').Properties.SecretString).toBe('pull-me');
    expect(at(template, 'secrets/cis-key').Properties.SecretString).toBe(readFileSync(__filename, 'utf8'));
    expect(ofType(template, 'Custom::CisKey')).toHaveLength(0);
  });
});

describe('the checks', () => {
  const variables = (template: Template, stem: string) =>
    at(template, `${stem}/Function/Resource`).Properties.Environment.Variables;

  it('are on in prod', () => {
    expect(variables(prod, 'integrate-changes')).toMatchObject({
      VERIFY_SIGNATURES: 'true',
      VERIFY_PUBLISHERS: 'true',
      ALLOW_MINTED_IDENTIFIERS: 'false',
    });
    expect(variables(prod, 'submit-change')).toMatchObject({
      VERIFY_TOKENS: 'true',
      TOKEN_ISSUER: 'https://id.acme.io/',
      JWKS_URI: 'https://id.acme.io/jwks',
      ALLOW_DELETE: 'false',
      V2_WAIT_SECONDS: '5',
    });
    expect(variables(prod, 'deliver-webhooks').ALLOW_PRIVATE_TARGETS).toBe('false');
  });

  it('let unsigned fakes into the preview, and follow its settings', () => {
    expect(variables(preview, 'integrate-changes')).toMatchObject({
      VERIFY_SIGNATURES: 'false',
      VERIFY_PUBLISHERS: 'true',
      ALLOW_MINTED_IDENTIFIERS: 'true',
    });
    const strict = templateOf('preview', {
      verifySignatures: true,
      verifyTokens: true,
      allowPrivateTargets: ['127.0.0.0/8'],
      issuer: 'http://localhost:9000/',
      audience: 'here',
      jwksUri: 'http://localhost:9000/jwks',
    });
    expect(variables(strict, 'integrate-changes').ALLOW_MINTED_IDENTIFIERS).toBe('false');
    expect(variables(strict, 'read-person').VERIFY_TOKENS).toBe('true');
    expect(variables(strict, 'deliver-webhooks').ALLOW_PRIVATE_TARGETS).toBe('["127.0.0.0/8"]');
  });

  it('fail at synth when a JWKS does not fit into a function’s environment', () => {
    const jwksUri = `data:application/json;base64,${'A'.repeat(4000)}`;
    expect(() => templateOf('preview', { jwksUri })).toThrow(/JWKS_URI alone has 40\d\d/);
  });
});

describe('provisioned concurrency', () => {
  it('keeps instances warm in prod of what Postoffice’s client waits half a second for, and of nothing else', () => {
    const warm = ofType(prod, 'AWS::Lambda::Alias').map(({ Properties }) => [
      Properties.ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions,
      JSON.stringify(Properties.FunctionName),
    ]);
    const has = (stem: string, instances: number) =>
      warm.some(([count, name]) => count === instances && String(name).includes(stem.replaceAll('-', '')));
    expect(warm).toHaveLength(3);
    expect([has('accept-messages', 2), has('manage-consumers', 1), has('read-health', 1)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(ofType(preview, 'AWS::Lambda::Alias')).toEqual([]);
  });

  it('keeps a door warm behind the alias that the API calls', () => {
    const template = templateOf('dev', { provisionedConcurrency: { 'submit-change': 3 } });
    const alias = ofType(template, 'AWS::Lambda::Alias');
    expect(alias).toHaveLength(1);
    expect(alias[0]?.Properties.ProvisionedConcurrencyConfig).toEqual({ ProvisionedConcurrentExecutions: 3 });
    const uris = ofType(template, 'AWS::ApiGateway::Method').map(({ Properties }) =>
      JSON.stringify(Properties.Integration.Uri),
    );
    const toDoor = routes.filter((route) => route.function === 'submit-change');
    expect(uris.filter((uri) => uri.includes(`"Ref":"${alias[0]?.id}"`))).toHaveLength(toDoor.length);
    expect(ofType(templateOf('dev', {}), 'AWS::Lambda::Alias')).toHaveLength(0);
  });
});

describe('the alarms', () => {
  const runbook = readFileSync(join(__dirname, '..', '..', 'docs', 'runbook.md'), 'utf8');
  const anchors = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title?.toLowerCase().replaceAll(' ', '-'),
  );

  it.each(stageNames)('of %s name a harm and lead to a paragraph of the runbook', (stage) => {
    const alarms = ofType(stages[stage], 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBeGreaterThan(15);
    for (const { Properties } of alarms) {
      const [, harm, anchor] =
        /^(\w.{20,})\. What to do: docs\/runbook\.md#([\w-]+)$/.exec(Properties.AlarmDescription) ?? [];
      expect(harm).toBeDefined();
      expect(anchors).toContain(anchor);
    }
  });

  it('watch both streams, every worker, both queues, the doors and what must never happen', () => {
    const watched = ofType(prod, 'AWS::CloudWatch::Alarm').map(
      ({ Properties: { MetricName, Dimensions } }) => {
        const dimension = Dimensions[0].Value;
        const path = prod.Resources[dimension.Ref ?? dimension['Fn::GetAtt']?.[0]]?.Metadata['aws:cdk:path'];
        return `${MetricName} ${path?.split('/').slice(2, -1).join('/') ?? JSON.stringify(dimension)}`;
      },
    );
    expect(watched.sort()).toMatchSnapshot();
  });

  it('reach a topic in prod, to which CloudWatch may publish over TLS', () => {
    const topic = ofType(prod, 'AWS::SNS::Topic')[0];
    for (const { Properties } of ofType(prod, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions).toEqual([{ Ref: topic?.id }]);
    }
    const policy = JSON.stringify(ofType(prod, 'AWS::SNS::TopicPolicy')[0]?.Properties.PolicyDocument);
    expect(policy).toContain('"Service":"cloudwatch.amazonaws.com"');
    expect(policy).toContain('{"aws:SecureTransport":"false"}');
    expect(ofType(dev, 'AWS::SNS::Topic')).toHaveLength(0);
  });

  it('stand on a dashboard in dev and prod', () => {
    const dashboards = stageNames.map((stage) => ofType(stages[stage], 'AWS::CloudWatch::Dashboard').length);
    expect(dashboards).toEqual([0, 1, 1]);
  });
});

describe('the preview', () => {
  // What LocalStack's free tier creates (its open core's resource providers, March 2026).
  const free = new Set([
    'AWS::ApiGateway::Account',
    'AWS::ApiGateway::Deployment',
    'AWS::ApiGateway::GatewayResponse',
    'AWS::ApiGateway::Method',
    'AWS::ApiGateway::Resource',
    'AWS::ApiGateway::RestApi',
    'AWS::ApiGateway::Stage',
    'AWS::CloudWatch::Alarm',
    'AWS::DynamoDB::Table',
    'AWS::Events::Rule',
    'AWS::IAM::Policy',
    'AWS::IAM::Role',
    'AWS::Kinesis::Stream',
    'AWS::Kinesis::StreamConsumer',
    'AWS::Lambda::Alias',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Lambda::Function',
    'AWS::Lambda::Permission',
    'AWS::Lambda::Version',
    'AWS::Logs::LogGroup',
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
    'AWS::SecretsManager::Secret',
  ]);

  it('has only resource types that LocalStack’s free tier runs', () => {
    const types = new Set(Object.values(preview.Resources).map(({ Type }) => Type));
    expect([...types].filter((type) => !free.has(type) && !type.startsWith('Custom::'))).toEqual([]);
  });

  it('is this template', () => {
    expect(normalised(preview)).toMatchSnapshot();
  });
});

/** Without what changes with every edit of a handler, or says nothing about the deployment. */
function normalised(template: Template): unknown {
  const text = JSON.stringify(template, (key, value) => (key === 'Metadata' ? undefined : value))
    .replaceAll(/[0-9a-f]{64}/g, '<asset>')
    .replaceAll(/(httpApiDeployment[0-9A-F]{8})[0-9a-f]{32}/g, '$1<hash>');
  return JSON.parse(text);
}
