export { type CronTrigger, cronDelivery, cronFaults, cronTriggerOf, manualCronDelivery } from './cron.ts';
export { cronEndpoint, endpointOf, usualConcurrency } from './endpoint.ts';
export { deliveryOf } from './events.ts';
export { payloadOf } from './payload.ts';
export { TriggerReader, type TriggerReaderOptions } from './trigger-reader.ts';
