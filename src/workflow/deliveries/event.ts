import { createHash } from 'node:crypto';

/** Something that happened, to be delivered. */
export interface DeliveredEvent {
  /** The same at each attempt, and also where the event is found again after a crash. Letters, digits, `_`, `:`, `-`. */
  readonly id: string;
  /** The type of the event, in dots: `orders.update`. */
  readonly type: string;
  /** The origin of the event, as a URI reference: `/sources/shop/orders`. */
  readonly source: string;
  /** ISO 8601 with offset. */
  readonly time: string;
  /** JSON. */
  readonly payload: string;
  /** Events of one key are delivered one after the other. */
  readonly key?: string;
}

/** The id of an event, made of what is the same whenever it is found: the name of its trigger, its source, its position. */
export function eventId(...parts: readonly string[]): string {
  return `evt_${createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 32)}`;
}

/** The forms that a body may have: the payload alone, or in the envelope of CloudEvents 1.0 (structured mode, JSON). */
export type BodyForm = 'payload' | 'cloudevents';

/** The body of a delivery, and its type. */
export function bodyOf(
  event: Omit<DeliveredEvent, 'key'>,
  form: BodyForm,
): { readonly type: string; readonly text: string } {
  if (form === 'payload') return { type: 'application/json', text: event.payload };
  const { id, type, source, time, payload } = event;
  const envelope = { specversion: '1.0', id, type, source, time, datacontenttype: 'application/json' };
  // The payload is JSON already: its numbers keep all their digits.
  const text = `${JSON.stringify(envelope).slice(0, -1)},"data":${payload}}`;
  return { type: 'application/cloudevents+json; charset=utf-8', text };
}
