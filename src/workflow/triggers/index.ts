export { endpointOf, usualConcurrency } from './endpoint.ts';
export { deliveryOf } from './events.ts';
export { payloadOf } from './payload.ts';
export { TriggerReader, type TriggerReaderOptions } from './trigger-reader.ts';
