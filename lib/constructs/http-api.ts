import { CfnOutput, Validations } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { FunctionName } from '../../lambdas/functions';
import { routes } from '../../lambdas/routes';
import type { StageSettings } from '../stage';
import { gatewayAnswers, supersetBody } from './gateway-responses';
import { removalPolicy } from './removal-policy';
import type { ServiceFunction } from './service-function';

export interface HttpApiProps {
  readonly settings: StageSettings;
  /** The functions that the routes may name. */
  readonly doors: readonly ServiceFunction[];
}

/** One REST API with all doors: the routes of the map, and the gateway's own answers in our words. */
export class HttpApi extends Construct {
  readonly api: RestApi;

  constructor(scope: Construct, id: string, { settings, doors }: HttpApiProps) {
    super(scope, id);
    this.api = this.addApi(settings);
    this.addRoutes(doors);
    this.addGatewayResponses();
    this.acknowledgeFindings();
    new CfnOutput(this, 'BaseUrl', { value: this.api.url, description: 'Where the doors are' });
  }

  private addApi(settings: StageSettings): RestApi {
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: settings.logRetentionDays as RetentionDays,
      removalPolicy: removalPolicy(settings),
    });
    return new RestApi(this, 'Api', {
      description: 'All doors of Changewire',
      endpointTypes: [EndpointType.REGIONAL],
      // Bodies reach the functions byte for byte: docs/decisions/004-bodies-are-bytes.md.
      binaryMediaTypes: ['*/*'],
      // A fresh account lacks the role that lets API Gateway write logs. It is the account's, so it stays.
      cloudWatchRole: true,
      deployOptions: {
        stageName: settings.stage,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: accessLogFormat(),
        tracingEnabled: true,
        throttlingRateLimit: settings.requestsPerSecond,
        throttlingBurstLimit: settings.requestBurst,
      },
    });
  }

  private addRoutes(doors: readonly ServiceFunction[]): void {
    const integrations = new Map<FunctionName, LambdaIntegration>(
      doors.map(({ stem, entry }) => [
        stem,
        // One permission per function for the whole API: one per method would outgrow the policy's 20 kB.
        new LambdaIntegration(entry, { scopePermissionToMethod: false }),
      ]),
    );
    for (const route of routes) {
      const integration = integrations.get(route.function);
      if (integration === undefined) {
        throw new Error(`the route ${route.path} names ${route.function}, which is not a door of the API`);
      }
      this.api.root.resourceForPath(route.path).addMethod(route.method, integration);
    }
  }

  private addGatewayResponses(): void {
    for (const answer of gatewayAnswers) {
      this.api.addGatewayResponse(answer.type.responseType, {
        type: answer.type,
        ...(answer.statusCode && { statusCode: answer.statusCode }),
        templates: { 'application/json': supersetBody(answer) },
      });
    }
  }

  private acknowledgeFindings(): void {
    const findings = {
      'AwsSolutions-APIG2':
        'The functions check every body by schema and answer in their client family’s words.',
      'AwsSolutions-APIG3':
        'A web ACL is the account’s to choose: requests are throttled, sizes and tokens checked.',
      'AwsSolutions-APIG4': 'The functions verify tokens themselves: docs/decisions/003-no-authorizer.md.',
      'AwsSolutions-APIG6':
        'Execution logs hold paths, which hold e-mail addresses, and are kept for ever; access logs and the functions’ own say the rest.',
      'AwsSolutions-COG4':
        'Any OIDC issuer may be used, not Cognito alone: docs/decisions/003-no-authorizer.md.',
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]':
        'AWS’s own policy for the account-wide role that lets API Gateway write logs.',
    };
    for (const [id, reason] of Object.entries(findings)) {
      Validations.of(this).acknowledge({ id, reason });
    }
  }
}

/** The resource, never the path: paths hold e-mail addresses. */
function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      request_id: AccessLogField.contextRequestId(),
      time: AccessLogField.contextRequestTimeEpoch(),
      source_ip: AccessLogField.contextIdentitySourceIp(),
      method: AccessLogField.contextHttpMethod(),
      resource: AccessLogField.contextResourcePath(),
      status: AccessLogField.contextStatus(),
      gateway_answer: AccessLogField.contextErrorResponseType(),
      response_bytes: AccessLogField.contextResponseLength(),
      latency_milliseconds: AccessLogField.contextResponseLatency(),
      function_milliseconds: AccessLogField.contextIntegrationLatency(),
    }),
  );
}
