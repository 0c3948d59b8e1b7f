export { apolloDeltas } from './apollo.ts';
export { applyPatch, type PatchOperation } from './apply-patch.ts';
export { askForDeltas, deltaExtension, deltaReader, type Response } from './delta-reader.ts';
export { type UrqlDeltas, urqlDeltas } from './urql.ts';
export { type SubscribingClient, withDeltas } from './with-deltas.ts';
