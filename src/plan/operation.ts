import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import { type Table, wholeTable } from '../catalog/index.ts';
import { FozError, type SourceName } from '../core/index.ts';
import { fieldMeaning } from '../graph/index.ts';
import { keyEquals } from './conditions/key-equals.ts';
import { visibleRows } from './conditions/rule-predicates.ts';
import type { Capabilities } from './connector.ts';
import { invalid, type Planning } from './context.ts';
import {
  type Arguments,
  argumentsOf,
  fragmentsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from './fields.ts';
import type { Variables } from './input/input.ts';
import { type Plan, type Root, rootFields } from './model/plan.ts';
import { and } from './model/predicate.ts';
import type { Rules } from './model/rules.ts';
import { planChanges } from './reading/changes.ts';
import { planConnection } from './reading/connection.ts';
import { planNode } from './reading/node.ts';
import { planRange, type Range } from './reading/range.ts';
import { planAggregate, planSelect } from './reading/selection.ts';
import { planStream } from './reading/stream.ts';
import { planService } from './services/service.ts';
import { planMutation } from './writing/mutation.ts';

/** Says why a graph has no operations of a kind: it has only what its role and credential allow. */
export type WhyAbsent = (kind: 'mutation' | 'subscription') => string;

/** The inputs of planning besides the operation. */
export interface PlanOptions {
  readonly schema: GraphQLSchema;
  readonly rules: Rules;
  readonly capabilities: (source: SourceName) => Capabilities;
  readonly keyCap: number;
  /** Absent: errors have no reason. */
  readonly whyAbsent?: WhyAbsent;
  /** The position of the last row that a stream has sent; absent: its first batch. */
  readonly after?: string;
}

/** Selects the operation of a validated document. Only its name can be missing or ambiguous. */
export function operationOf(document: DocumentNode, name: string | null): OperationDefinitionNode {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === null) {
    if (operations.length === 1) return operations[0]!;
    throw new FozError(
      'validation-failed',
      'Must provide operation name if query contains multiple operations.',
    );
  }
  const found = operations.find((operation) => operation.name?.value === name);
  if (found === undefined) throw new FozError('validation-failed', `Unknown operation named "${name}".`);
  return found;
}

/** Plans a validated operation with coerced variables. Throws FozError `validation-failed` or `not-supported`. */
export function planOperation(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  options: PlanOptions,
): Plan {
  const { schema, rules, capabilities, keyCap, after = null } = options;
  const planning: Planning = {
    document: { fragments: fragmentsOf(document), variables },
    rules,
    capabilities,
    keyCap,
    steps: [],
    stepParams: [],
    plannedRules: new Map(),
    visibleColumns: new Map(),
  };
  const type = schema.getRootType(operation.operation as OperationTypeNode);
  if (type === null || type === undefined)
    throw new FozError('validation-failed', missingType(operation.operation, options.whyAbsent));
  const selected = selectionOf(planning.document, type, [operation.selectionSet]);
  const roots = selected.map((field) => planRoot(planning, type.name, field, '$.selectionSet', after));
  checkStreams(roots);
  return { kind: operation.operation, steps: planning.steps, stepParams: planning.stepParams, roots };
}

/** Refuses other fields beside a stream or `<table>_changes`, since these continue from a position of their own. */
function checkStreams(roots: readonly Root[]): void {
  const fields = rootFields(roots);
  const stream = fields.find(({ kind }) => kind === 'stream' || kind === 'changes');
  if (stream === undefined || fields.length === 1) return;
  throw new FozError(
    'validation-failed',
    `${stream.key}: ${stream.kind === 'stream' ? 'a stream' : 'the changes of a table'} must be the only field of its operation`,
    {
      path: (stream as { readonly path: string }).path,
    },
  );
}

function planRoot(
  planning: Planning,
  typeName: string,
  selected: Selected,
  parent: string,
  after: string | null,
): Root {
  const { key, name, field } = selected;
  if (name === '__typename') return { kind: 'constant', key, json: JSON.stringify(typeName) };
  if (field === undefined) return { kind: 'introspection', key };
  const meaning = fieldMeaning(field);
  const path = `${parent}.${name}`;
  if (meaning?.kind === 'namespace') {
    const type = objectTypeOf(selected);
    const inside = selectionOf(planning.document, type, subSelections(selected));
    return {
      kind: 'namespace',
      key,
      roots: inside.map((entry) => planRoot(planning, type.name, entry, `${path}.selectionSet`, after)),
    };
  }
  if (meaning?.kind === 'service')
    return { kind: 'service', key, path, service: planService(planning, selected, meaning.target, path) };
  if (meaning?.kind === 'node root') return planNode(planning, selected, meaning.find, path);
  if (meaning?.kind !== 'root') throw invalid(path, 'cannot be selected at the root');
  const { root } = meaning;
  const table = wholeTable(meaning.table);
  switch (root) {
    case 'select': {
      const range = planRange(planning, table, argumentsOf(planning.document, selected, path), true);
      return {
        kind: 'list',
        key,
        path,
        select: planSelect(planning, table, range, objectTypeOf(selected), subSelections(selected), path),
      };
    }
    case 'select_by_pk': {
      const range = byKey(planning, table, argumentsOf(planning.document, selected, path));
      return {
        kind: 'one',
        key,
        path,
        select: planSelect(planning, table, range, objectTypeOf(selected), subSelections(selected), path),
      };
    }
    case 'select_aggregate':
      return { kind: 'aggregate', key, path, aggregate: planAggregate(planning, table, selected, path) };
    case 'select_connection':
      return { kind: 'connection', key, path, connection: planConnection(planning, table, selected, path) };
    case 'select_changes':
      return { kind: 'changes', key, path, changes: planChanges(planning, meaning.table, selected, path) };
    case 'select_stream':
      return { kind: 'stream', key, path, stream: planStream(planning, table, selected, path, after) };
    default:
      return { kind: 'write', key, mutation: planMutation(planning, meaning, selected, path) };
  }
}

/** The one row whose key columns equal the arguments. */
function byKey(planning: Planning, table: Table, args: Arguments): Range {
  return {
    where: and(visibleRows(planning, table), keyEquals(planning, args)),
    orderBy: [],
    distinctOn: [],
    limit: null,
    offset: null,
  };
}

function missingType(kind: string, whyAbsent: WhyAbsent | undefined): string {
  const reason = kind === 'query' ? undefined : whyAbsent?.(kind as 'mutation' | 'subscription');
  return `This graph has no ${kind} type${reason === undefined ? '' : `: ${reason}`}.`;
}
