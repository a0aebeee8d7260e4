import type { Assembly } from '../../../local/template/assembly';
import { Inventory } from '../../../local/template/inventory';
import type { Template } from '../../../local/template/template';

function inventoryOf(template: Template, parameters: Record<string, string> = {}): Inventory {
  const assembly: Assembly = { stackName: 'stack', template, assets: new Map() };
  return new Inventory({ assembly, parameters, queueEndpoint: 'http://127.0.0.1:1' });
}

describe('Inventory', () => {
  it('names resources after the stack and the logical id, and keeps names that the template gives', () => {
    const inventory = inventoryOf({
      Resources: {
        Table: { Type: 'AWS::DynamoDB::Table' },
        Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'mine' } },
        Fn: {
          Type: 'AWS::Lambda::Function',
          Metadata: { 'aws:cdk:path': 'stack/change/submit-change/Function/Resource' },
        },
      },
    });
    expect(inventory.physicalIds()).toEqual({
      Table: 'stack-Table',
      Queue: 'http://127.0.0.1:1/000000000000/mine',
      Fn: 'submit-change',
    });
    expect(inventory.attribute('Fn', 'Arn')).toBe(
      'arn:aws:lambda:us-east-1:000000000000:function:submit-change',
    );
  });

  it('does not give two functions the same readable name', () => {
    const fn = (path: string) => ({
      Type: 'AWS::Lambda::Function',
      Metadata: { 'aws:cdk:path': path },
    });
    const inventory = inventoryOf({ Resources: { A: fn('s/x/same/Resource'), B: fn('s/y/same/Resource') } });
    expect(inventory.physicalIds()).toEqual({ A: 'stack-A', B: 'stack-B' });
  });

  it('leaves out resources whose condition does not hold', () => {
    const inventory = inventoryOf(
      {
        Parameters: { Region: { Type: 'String', Default: 'eu' } },
        Conditions: { InUs: { 'Fn::Equals': [{ Ref: 'Region' }, 'us'] } },
        Resources: { Queue: { Type: 'AWS::SQS::Queue', Condition: 'InUs' } },
      },
      {},
    );
    expect(inventory.ofType('AWS::SQS::Queue')).toEqual([]);
  });

  it('gives a parameter its value, else its default, else names it', () => {
    const template: Template = {
      Parameters: { Given: { Type: 'String', Default: 'a' }, Missing: { Type: 'String' } },
      Resources: {},
    };
    expect(inventoryOf(template, { Given: 'b' }).ref('Given')).toBe('b');
    expect(inventoryOf(template).ref('Given')).toBe('a');
    expect(() => inventoryOf(template).ref('Missing')).toThrow('Missing has no default');
  });

  it('refuses references to what is not declared, to unknown attributes and in circles', () => {
    const inventory = inventoryOf({
      Resources: {
        Table: { Type: 'AWS::DynamoDB::Table' },
        Left: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Right' } } },
        Right: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Left' } } },
        Key: { Type: 'Custom::Key' },
      },
    });
    expect(() => inventory.ref('Nothing')).toThrow('Nothing');
    expect(() => inventory.ref('toString')).toThrow('toString');
    expect(() => inventory.ref('AWS::Unknown')).toThrow('AWS::Unknown');
    expect(() => inventory.attribute('Table', 'StreamArn')).toThrow('StreamArn');
    expect(() => inventory.ref('Left')).toThrow('refers to itself');
    expect(() => inventory.attribute('Key', 'Public')).toThrow('has not answered');
    inventory.setCustomAttributes('Key', { Public: 'p' });
    expect(inventory.attribute('Key', 'Public')).toBe('p');
  });
});
