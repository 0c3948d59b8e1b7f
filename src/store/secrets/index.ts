export { addFormerPeppers, derivedKeys, peppersOf } from './derived.ts';
export { type KeyRing, keyRing, prepareNewKey } from './key-ring.ts';
export { maskSecrets } from './mask.ts';
export type { MasterKey } from './master-key.ts';
export { SecretValue } from './secret-value.ts';
export { type Rotation, rotateSecrets, Secrets } from './secrets.ts';
