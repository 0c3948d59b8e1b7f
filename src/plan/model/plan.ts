import type { ChangesPlan } from '../reading/changes.ts';
import type { ConnectionPlan } from '../reading/connection.ts';
import type { StreamPlan } from '../reading/stream.ts';
import type { ServicePlan } from '../services/service.ts';
import type { Mutation } from '../writing/mutation.ts';
import type { Param } from './param.ts';
import type { Aggregate, Select } from './select.ts';
import type { Step } from './step.ts';

/** The plan of an operation, ready to be compiled for its sources. Immutable, printable, and cached. */
export interface Plan {
  readonly kind: 'query' | 'mutation' | 'subscription';
  /** Reads in other sources that filters and orders depend on. A step may use the results of earlier ones. */
  readonly steps: readonly Step[];
  /** The parameters that steps fill. */
  readonly stepParams: readonly Param[];
  /** The root fields in the order of the answer. */
  readonly roots: readonly Root[];
}

export type Root =
  | { readonly kind: 'constant'; readonly key: string; readonly json: string }
  /** `__schema` and `__type`: answered from the graph, not from a source. */
  | { readonly kind: 'introspection'; readonly key: string }
  /** `customization.root_fields.namespace` */
  | { readonly kind: 'namespace'; readonly key: string; readonly roots: readonly Root[] }
  | (ReadRoot & { readonly kind: 'list' | 'one'; readonly select: Select })
  | (ReadRoot & { readonly kind: 'aggregate'; readonly aggregate: Aggregate })
  | (ReadRoot & { readonly kind: 'connection'; readonly connection: ConnectionPlan })
  /** `<table>_stream`: the next rows after a cursor. */
  | (ReadRoot & { readonly kind: 'stream'; readonly stream: StreamPlan })
  /** `<table>_changes`: changes of rows, each once. */
  | (ReadRoot & { readonly kind: 'changes'; readonly changes: ChangesPlan })
  | { readonly kind: 'write'; readonly key: string; readonly mutation: Mutation }
  /** Answered outside of the sources. */
  | (ReadRoot & { readonly kind: 'service'; readonly service: ServicePlan });

interface ReadRoot {
  readonly key: string;
  /** The place of the field: `$.selectionSet.orders`. */
  readonly path: string;
}

/** The root fields, without the namespace fields around them. */
export function rootFields(roots: readonly Root[]): Root[] {
  return roots.flatMap((root) => (root.kind === 'namespace' ? rootFields(root.roots) : [root]));
}
