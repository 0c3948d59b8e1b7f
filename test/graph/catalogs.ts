import {
  aggregates,
  type ColumnFacts,
  type Customization,
  type Metadata,
  type Naming,
  noMetadata,
  type Operator,
  operatorSupport,
  operators,
  resolveCatalog,
  type Scalar,
  type SourceFacts,
  type SourceInput,
  type TableFacts,
} from '../../src/catalog/index.ts';
import { parseSourceName, type SourceName } from '../../src/core/index.ts';
import type { GraphCapabilities } from '../../src/graph/index.ts';

/** An engine with all capabilities. */
export const everything: GraphCapabilities = {
  operators: operatorSupport(Object.keys(operators) as Operator[]),
  aggregates: new Set(Object.keys(aggregates) as (keyof typeof aggregates)[]),
  jsonPath: true,
  jsonWrite: true,
  conflictTarget: true,
  conflictWhere: true,
};

/** An engine without regular expressions, full-text search and standard deviations, and without conflict targets. */
export const little: GraphCapabilities = {
  operators: operatorSupport(
    [...everything.operators.keys()].filter((operator) => !/regex|similar|search|_has_key/.test(operator)),
  ),
  aggregates: new Set(['sum', 'avg', 'min', 'max']),
  jsonPath: false,
  jsonWrite: false,
  conflictTarget: false,
  conflictWhere: false,
};

export const named = (name: string): SourceName => parseSourceName(name)!;

/** A column; default: not null. */
export function column(name: string, scalar: Scalar, more: Partial<ColumnFacts> = {}): ColumnFacts {
  return {
    name,
    nativeType: scalar,
    scalar,
    array: false,
    castType: null,
    enumName: null,
    nullable: false,
    defaultExpression: null,
    identity: null,
    generated: false,
    maxLength: null,
    precision: null,
    scale: null,
    range: null,
    comment: null,
    ...more,
  };
}

/** A writable table. A column `id` is its primary key. */
export function table(
  name: string,
  columns: readonly ColumnFacts[],
  more: Partial<TableFacts> = {},
): TableFacts {
  const hasId = columns.some((candidate) => candidate.name === 'id');
  return {
    namespace: 'public',
    name,
    kind: 'table',
    comment: null,
    columns,
    primaryKey: hasId ? { name: `${name}_pkey`, columns: ['id'] } : null,
    uniqueKeys: [],
    foreignKeys: [],
    insertable: true,
    updatable: true,
    deletable: true,
    estimatedRows: null,
    ...more,
  };
}

/** A foreign key to `id` of a table in the same namespace. */
export function reference(columnName: string, toTable: string, toNamespace = 'public') {
  return { name: `${columnName}_fkey`, columns: [columnName], toNamespace, toTable, toColumns: ['id'] };
}

export function facts(tables: readonly TableFacts[], more: Partial<SourceFacts> = {}): SourceFacts {
  return { engine: 'some', version: '1', defaultNamespace: 'public', tables, enums: [], issues: [], ...more };
}

/** A source as a configuration would declare it. */
export function source(
  name: string,
  content: SourceFacts | readonly TableFacts[],
  more: { readonly naming?: Naming; readonly customization?: Partial<Customization> } = {},
): SourceInput {
  return {
    name: named(name),
    naming: more.naming ?? 'hasura-default',
    numbers: 'string',
    customization: { rootFields: {}, typeNames: {}, ...more.customization },
    facts: 'tables' in content ? content : facts(content),
  };
}

export function catalog(inputs: readonly SourceInput[], metadata: Metadata = noMetadata) {
  return resolveCatalog(inputs, metadata);
}
