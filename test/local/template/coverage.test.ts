import { checkCoverage } from '../../../local/template/coverage';
import { type Template, UnknownFeatureError } from '../../../local/template/template';

const problemsOf = (template: Template): readonly string[] => {
  try {
    checkCoverage(template);
    return [];
  } catch (error) {
    return (error as UnknownFeatureError).problems;
  }
};

describe('checkCoverage', () => {
  it('names logical id, type and property of everything that is unknown, all at once', () => {
    const template: Template = {
      Transform: 'AWS::Serverless',
      Resources: {
        Bucket: { Type: 'AWS::S3::Bucket' },
        Table: { Type: 'AWS::DynamoDB::Table', Properties: { StreamSpecification: {} } },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true }, CreationPolicy: {} },
        Odd: { Type: 'constructor' },
      },
    };
    expect(problemsOf(template)).toEqual([
      'the template section Transform',
      'Bucket (AWS::S3::Bucket): resource type AWS::S3::Bucket',
      'Table (AWS::DynamoDB::Table): property StreamSpecification',
      'Queue (AWS::SQS::Queue): attribute CreationPolicy',
      'Queue (AWS::SQS::Queue): property FifoQueue',
      'Odd (constructor): resource type constructor',
    ]);
    expect(() => checkCoverage(template)).toThrow(UnknownFeatureError);
  });

  it('lets pass what is known to change nothing here, and custom resources with any property', () => {
    expect(
      problemsOf({
        Resources: {
          Role: { Type: 'AWS::IAM::Role', Properties: { Anything: 1 } },
          Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { Anything: 1 } },
          Key: { Type: 'Custom::Key', Properties: { ServiceToken: 'x', Anything: 1 } },
          Table: { Type: 'AWS::DynamoDB::Table', Properties: { SSESpecification: {} }, DependsOn: [] },
        },
      }),
    ).toEqual([]);
  });
});
