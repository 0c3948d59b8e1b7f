/** An event on its way to one endpoint. */
export interface NewDelivery {
  /** The id of the event: the same whenever the event is found. */
  readonly event: string;
  readonly endpoint: string;
  /** The kind of the event: `orders.update`. */
  readonly type: string;
  /** The origin of the event, as a URI reference. */
  readonly source: string;
  /** ISO 8601 with offset. */
  readonly time: string;
  /** JSON. */
  readonly payload: string;
  /** Deliveries of one key are made one after the other; `null`: in any order. */
  readonly key: string | null;
}

/** `pending`: attempts go on. `delivered`: the endpoint has accepted it. `dead`: no more attempts are made, unless it is delivered again by hand. */
export const deliveryStates = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface Delivery extends NewDelivery {
  readonly id: string;
  readonly state: DeliveryState;
  /** The number of attempts since the delivery was added, or delivered again by hand. */
  readonly attempts: number;
  readonly addedAt: Date;
  /** `null`: it is pending. */
  readonly endedAt: Date | null;
}

/** The request and the answer of one attempt, without secrets. */
export interface Attempt {
  readonly milliseconds: number;
  /** `null`: there was no answer. */
  readonly status: number | null;
  /** The error; `null`: there was an answer. */
  readonly fault: string | null;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly responseHeaders: Readonly<Record<string, string>> | null;
  /** The beginning of the body; `null`: there was no answer. */
  readonly responseBody: string | null;
}

export interface RecordedAttempt extends Attempt {
  /** Counts from 1, over the whole life of the delivery. */
  readonly number: number;
  readonly at: Date;
}

/** Conditions that a delivery must meet. An absent one is met by every delivery. */
export interface DeliveryFilter {
  readonly ids?: readonly string[];
  readonly endpoint?: string;
  readonly state?: DeliveryState;
  /** Added at this time or later. */
  readonly from?: Date;
  /** Added before this time. */
  readonly to?: Date;
  /** Added before the delivery with this id. */
  readonly before?: string;
}
