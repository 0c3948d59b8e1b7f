import type { GraphQLSchema } from 'graphql';
import type { Subject } from './subject.ts';

/** One difference between two graphs, as clients see it. */
export interface GraphChange {
  /** `breaking`: an operation that was valid may not be any more. `dangerous`: it is, but its answer may surprise. */
  readonly severity: 'breaking' | 'dangerous' | 'safe';
  readonly change: 'added' | 'removed' | 'changed';
  /** `orders`, `orders.note`, `query_root.orders.limit` */
  readonly what: string;
  readonly text: string;
  /** The `what` of the change that this one only follows from: the filter on a column is gone because the column is. */
  readonly follows: string | null;
}

/** A change before the changes are grouped by cause. */
export interface FoundChange extends Omit<GraphChange, 'what' | 'follows'> {
  readonly subject: Subject;
}

/** Two graphs; `whole`: those that they are parts of. */
export interface Compared {
  readonly before: GraphQLSchema;
  readonly after: GraphQLSchema;
  readonly whole?: { readonly before: GraphQLSchema; readonly after: GraphQLSchema };
}
