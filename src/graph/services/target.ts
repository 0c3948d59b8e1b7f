/** What answers a root field that is not that of a table: a kind of service, and a name within it. */
export interface ServiceTarget {
  readonly kind: string;
  readonly name: string;
}
