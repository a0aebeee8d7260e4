export type { Endpoints } from './aws/identity';
export { type LocalKeys, prepareKeys, privateKeyPath, publishers } from './keys';
export type { LocalOptions, LocalStack } from './options';
export { start } from './start';
export { UnknownFeatureError } from './template/template';
export { mintToken, type TokenClaims } from './token';
