export {
  type Attempt,
  type Delivery,
  type DeliveryFilter,
  type DeliveryState,
  deliveryStates,
  type NewDelivery,
  type RecordedAttempt,
} from './delivery.ts';
export { type DeliveryOutcome, DeliveryStore, deliveryKind, endpointOfQueue } from './delivery-store.ts';
