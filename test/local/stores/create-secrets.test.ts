import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretStore } from '../../../local/aws/secret-store';
import { type LocalKeys, prepareKeys, readPublishersJwks } from '../../../local/keys';
import { createSecrets } from '../../../local/stores/create-secrets';
import { Inventory } from '../../../local/template/inventory';

let keys: LocalKeys;

beforeAll(async () => {
  keys = await prepareKeys(mkdtempSync(join(tmpdir(), 'keys-')));
});

function create(secrets: Readonly<Record<string, object>>) {
  const resources = Object.entries(secrets).map(([logicalId, properties]) => [
    logicalId,
    { Type: 'AWS::SecretsManager::Secret', Properties: properties },
  ]);
  const template = { Resources: Object.fromEntries(resources) };
  const assembly = { stackName: 'stack', template, assets: new Map() };
  const inventory = new Inventory({ assembly, parameters: {}, queueEndpoint: '' });
  const store = new SecretStore(join(mkdtempSync(join(tmpdir(), 'secrets-')), 'secrets'));
  return { declared: createSecrets(inventory, store, keys), store };
}

describe('createSecrets', () => {
  it('knows what a secret is for by its logical id, and fills it from the keys', () => {
    const { declared, store } = create({
      secretsciskey1A958657: {},
      secretspublishersjwks44298CCD: { SecretString: '{}' },
      secretsregistrationtoken0A1B2C3D: { GenerateSecretString: {} },
      secretstriggertokenFFFFFFFF: { GenerateSecretString: {} },
    });
    expect(declared.map(({ content }) => content)).toEqual([
      'cisKey',
      'publishersJwks',
      'registrationToken',
      'triggerToken',
    ]);
    const values = declared.map(({ arn }) => store.find(arn)?.value);
    expect(values).toEqual([
      undefined,
      JSON.stringify(readPublishersJwks(keys.directory)),
      keys.tokens.registration_token,
      keys.tokens.trigger_token,
    ]);
  });

  it('lets what the template says win over the keys', () => {
    const { declared, store } = create({ secretstriggertokenFFFFFFFF: { SecretString: 'mine' } });
    expect(store.find(declared[0]?.arn ?? '')?.value).toBe('mine');
  });

  it('generates what the template asks for, and takes no stranger for one of ours', () => {
    const { declared, store } = create({
      somethingelse00000000: { GenerateSecretString: { PasswordLength: 12, ExcludePunctuation: true } },
    });
    expect(declared[0]?.content).toBeUndefined();
    expect(store.find(declared[0]?.arn ?? '')?.value).toMatch(/^[A-Za-z0-9]{12}$/);
  });
});
