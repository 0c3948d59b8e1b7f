import type { GraphQLObjectType, SelectionSetNode } from 'graphql';
import { type Table, wholeTable } from '../../catalog/index.ts';
import { fieldMeaning } from '../../graph/index.ts';
import { visibleColumn } from '../conditions/masks.ts';
import { visibleRows } from '../conditions/rule-predicates.ts';
import { invalid, literal, type Planning } from '../context.ts';
import {
  type Arguments,
  argumentsOf,
  labelsOf,
  objectTypeOf,
  type Selected,
  selectionOf,
  subSelections,
} from '../fields.ts';
import type { Aggregate, Field, Select } from '../model/select.ts';
import { planAggregateParts } from './aggregate.ts';
import { planRange, type Range } from './range.ts';

/** Plans the rows of one field with all selected fields. */
export function planSelect(
  planning: Planning,
  table: Table,
  range: Range,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  path: string,
): Select {
  return { table, ...range, fields: planFields(planning, type, sets, path) };
}

/** Plans the selection set of a table's object type. */
export function planFields(
  planning: Planning,
  type: GraphQLObjectType,
  sets: readonly SelectionSetNode[],
  path: string,
): Field[] {
  return selectionOf(planning.document, type, sets).map((selected) =>
    planField(planning, type, selected, `${path}.selectionSet.${selected.name}`),
  );
}

/** All fields of a type of columns, as if each was selected. */
export function allFields(planning: Planning, type: GraphQLObjectType): Field[] {
  return Object.values(type.getFields()).flatMap((field): Field[] => {
    const meaning = fieldMeaning(field);
    if (meaning?.kind !== 'column') return [];
    return [
      { kind: 'column', key: field.name, column: visibleColumn(planning, meaning.column), jsonPath: null },
    ];
  });
}

function planField(planning: Planning, type: GraphQLObjectType, selected: Selected, path: string): Field {
  const { key, field } = selected;
  if (field === undefined) return { kind: 'constant', key, json: JSON.stringify(type.name) };
  const meaning = fieldMeaning(field);
  const args = argumentsOf(planning.document, selected, path);
  switch (meaning?.kind) {
    case 'column':
      return {
        kind: 'column',
        key,
        column: visibleColumn(planning, meaning.column),
        jsonPath: jsonPathOf(planning, args),
        labels: labelsOf(selected),
      };
    case 'node_id':
      return { kind: 'node_id', key, mark: meaning.mark, columns: meaning.columns };
    case 'relationship': {
      const { relationship } = meaning;
      const table = wholeTable(relationship.to);
      if (relationship.kind === 'object') {
        const range: Range = {
          where: visibleRows(planning, table),
          orderBy: [],
          distinctOn: [],
          limit: null,
          offset: null,
        };
        return {
          kind: 'object',
          key,
          relationship,
          select: planSelect(planning, table, range, objectTypeOf(selected), subSelections(selected), path),
        };
      }
      const range = planRange(planning, table, args, true);
      return {
        kind: 'array',
        key,
        relationship,
        select: planSelect(planning, table, range, objectTypeOf(selected), subSelections(selected), path),
      };
    }
    case 'relationship aggregate': {
      const { relationship } = meaning;
      return {
        kind: 'aggregate',
        key,
        relationship,
        aggregate: planAggregate(planning, wholeTable(relationship.to), selected, path),
      };
    }
    default:
      throw invalid(path, 'cannot be selected here');
  }
}

/** Plans `<table>_aggregate`, at the root or on a relationship. */
export function planAggregate(planning: Planning, table: Table, selected: Selected, path: string): Aggregate {
  const args = argumentsOf(planning.document, selected, path);
  const range = planRange(planning, table, args, false);
  return {
    table,
    ...range,
    parts: planAggregateParts(planning, table, range, objectTypeOf(selected), subSelections(selected), path),
  };
}

const pathStep = /\.?([^.[\]"']+)|\.?\[(\d+)\]|\.?\[("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\]/gy;

/**
 * Parses `column(path: "a.b[0]")`, with or without Hasura's leading `$`. A key with other characters is quoted,
 * `["a.b"]` or `['a.b']`.
 */
function jsonPathOf(planning: Planning, args: Arguments): readonly string[] | null {
  const input = args.get('path');
  const text = literal(planning, input) as string | null;
  if (text === null || input === undefined) return null;
  const inner = text.replace(/^\$\.?/, '');
  const steps = [...inner.matchAll(pathStep)];
  const length = steps.reduce((sum, step) => sum + step[0].length, 0);
  const path = steps.map((step) => step[1] ?? step[2] ?? keyOf(step[3]!));
  if (length !== inner.length || path.includes(null))
    throw invalid(input.path, `"${text}" is not a path: write it as $.key[0].other`);
  return path as string[];
}

function keyOf(quoted: string): string | null {
  // Within single quotes a double quote is an ordinary character.
  const json = quoted.startsWith('"')
    ? quoted
    : `"${quoted
        .slice(1, -1)
        .replaceAll("\\'", "'")
        .replaceAll(/(?<!\\)"/g, '\\"')}"`;
  try {
    return JSON.parse(json) as string;
  } catch {
    return null;
  }
}
