import {
  type ColumnFacts,
  type FactIssue,
  type ForeignKeyFacts,
  familyOf,
  type KeyFacts,
  type SourceFacts,
  type TableFacts,
  type TriggerEffect,
} from '../../catalog/index.ts';
import { allowedValues } from './checks.ts';
import type { ColumnTypes } from './column-types.ts';
import type { EnumNames } from './enum-names.ts';
import type { Relation, Row } from './relations.ts';

interface Column {
  readonly number: string;
  readonly facts: ColumnFacts;
}

type Event = 'insert' | 'update' | 'delete';
const events: Readonly<Record<string, Event>> = { '2': 'update', '3': 'insert', '4': 'delete' };

interface Keys {
  primaryKey: KeyFacts | null;
  readonly uniqueKeys: KeyFacts[];
  readonly foreignKeys: ForeignKeyFacts[];
  /** For errors: constraints that are no keys, and unique indexes over a part of the rows or over expressions. */
  readonly constraints: KeyFacts[];
}

/** Builds table facts from the rows of the catalog queries. */
export class TableFactsBuilder {
  readonly #relations: ReadonlyMap<string, Relation>;
  readonly #types: ColumnTypes;
  readonly #enums: EnumNames;
  readonly #columns = new Map<string, Column[]>();
  readonly #names = new Map<string, Map<string, string>>();
  readonly #keys = new Map<string, Keys>();
  readonly #triggers = new Map<string, Partial<Record<Event, TriggerEffect>>>();
  /** Views with an INSTEAD OF INSERT trigger of their own. */
  readonly #insertedInstead = new Set<string>();
  /** Tables that others inherit from, with the columns that may be NULL in a row of an heir. */
  readonly #inherited = new Map<string, { readonly heir: string; readonly nullable: ReadonlySet<string> }>();
  readonly #issues: FactIssue[] = [];

  constructor(relations: readonly Relation[], types: ColumnTypes, enums: EnumNames) {
    this.#relations = new Map(relations.map((relation) => [relation.oid, relation]));
    this.#types = types;
    this.#enums = enums;
    for (const { oid } of relations) {
      this.#columns.set(oid, []);
      this.#names.set(oid, new Map());
      this.#keys.set(oid, { primaryKey: null, uniqueKeys: [], foreignKeys: [], constraints: [] });
    }
  }

  readTriggers(rows: readonly Row[]): void {
    for (const [table, type, after, instead] of rows) {
      const event = events[type!]!;
      const found = this.#triggers.get(table!) ?? {};
      this.#triggers.set(table!, found);
      // An INSTEAD OF trigger may return any values, so its rows are read back as after an AFTER trigger.
      if (after === 't' || instead === 't') found[event] = 'after';
      else found[event] ??= 'before';
      if (instead === 't' && event === 'insert') this.#insertedInstead.add(table!);
    }
  }

  /** Must be called before columns and keys are read. */
  readHeirs(rows: readonly Row[]): void {
    for (const [table, heir, nullable] of rows)
      this.#inherited.set(table!, { heir: heir!, nullable: new Set(JSON.parse(nullable!) as string[]) });
  }

  readColumns(rows: readonly Row[], constraints: readonly Row[]): void {
    const lists = new Map<string, readonly string[]>();
    for (const [table, kind, , key, , , expression] of constraints) {
      const values = kind === 'c' && expression ? allowedValues(expression) : null;
      if (values !== null) lists.set(`${table}/${JSON.parse(key!)[0]}`, values);
    }
    for (const row of rows) {
      const [table, number, name] = row;
      const facts = this.#column(this.#relations.get(table!)!, row, lists.get(`${table}/${number}`) ?? null);
      this.#columns.get(table!)!.push({ number: number!, facts });
      this.#names.get(table!)!.set(number!, name!);
    }
  }

  #column(relation: Relation, row: Row, list: readonly string[] | null): ColumnFacts {
    const [
      ,
      ,
      name,
      typeOid,
      modifier,
      spelled,
      notNull,
      identity,
      generated,
      expression,
      comment,
      writable,
      deterministic,
      collation,
    ] = row;
    const type = this.#types.resolve(typeOid!, Number(modifier), spelled!);
    if (type.issue !== null)
      this.#issues.push({
        namespace: relation.namespace,
        table: relation.name,
        column: name!,
        reason: type.issue,
      });
    const listed = list !== null && !type.array && familyOf(type.scalar) === 'text';
    // `writable` only takes updates into account. For an insert, the INSTEAD OF trigger of a view takes values for all columns.
    const given = this.#insertedInstead.has(relation.oid) && !relation.updatable;
    const computed = !!generated || (writable === 'f' && !given);
    return {
      name: name!,
      nativeType: spelled!,
      scalar: listed ? 'enum' : type.scalar,
      array: type.array,
      castType: type.castType,
      enumName: listed
        ? this.#enums.ofColumn(relation.namespace, relation.name, name!, list)
        : type.enumType && this.#enums.ofType(type.enumType.row, type.enumType.values),
      nullable:
        !type.notNull && (notNull === 'f' || !!this.#inherited.get(relation.oid)?.nullable.has(name!)),
      defaultExpression: computed ? null : (expression ?? type.defaultExpression),
      identity: identity === 'a' ? 'always' : identity === 'd' ? 'by default' : null,
      generated: computed,
      maxLength: type.maxLength,
      precision: type.precision,
      scale: type.scale,
      range: type.range,
      comment: comment ?? null,
      ...(type.compares === undefined ? {} : { compares: type.compares }),
      ...(type.lenient || deterministic === 'f' ? { lenient: true } : {}),
      ...((listed || type.enumType !== null) && (type.lenient || deterministic === 'f')
        ? { respelled: true }
        : {}),
      ...(type.isDomain && !listed ? { domain: true } : {}),
      ...(collation === null || collation === undefined ? {} : { collation }),
    };
  }

  readKeys(constraints: readonly Row[], indexes: readonly Row[]): void {
    for (const [table, kind, name, key, target, targetKey] of constraints) {
      const columns = this.#namesOf(table!, JSON.parse(key!) as number[]);
      const keys = this.#keys.get(table!)!;
      if (columns === null) continue;
      if (kind === 'c' || kind === 'x') keys.constraints.push({ name: name!, columns });
      else if (kind === 'p') keys.primaryKey = { name: name!, columns };
      else if (kind === 'u') keys.uniqueKeys.push({ name: name!, columns });
      else this.#foreignKey(keys, name!, columns, target!, JSON.parse(targetKey!) as number[]);
    }
    for (const [table, name, key, count, isKey] of indexes) {
      // Expressions have the number 0.
      const numbers = key!.split(' ').slice(0, Number(count));
      const columns = this.#namesOf(
        table!,
        numbers.filter((number) => number !== '0'),
      );
      const { uniqueKeys, constraints } = this.#keys.get(table!)!;
      if (columns !== null && columns.length > 0)
        (isKey === 't' ? uniqueKeys : constraints).push({ name: name!, columns });
    }
    for (const [table, { heir }] of this.#inherited) this.#dropKeys(table, heir);
  }

  /** A key holds over the rows of its own table, but a read of the table shows those of its heirs too. */
  #dropKeys(table: string, heir: string): void {
    const { namespace, name } = this.#relations.get(table)!;
    const keys = this.#keys.get(table)!;
    const found = [...(keys.primaryKey === null ? [] : [keys.primaryKey]), ...keys.uniqueKeys];
    if (found.length === 0) return;
    const spelled = found.map(({ columns }) => `(${columns.join(', ')})`).join(', ');
    keys.primaryKey = null;
    keys.uniqueKeys.length = 0;
    this.#issues.push({
      namespace,
      table: name,
      column: null,
      reason: `${heir} inherits from the table, and PostgreSQL does not hold ${spelled} unique over the rows of both: the table has no key here. Where the values are unique all the same, declare them as its primary_key in the metadata`,
    });
  }

  #foreignKey(
    keys: Keys,
    name: string,
    columns: readonly string[],
    target: string,
    targetKey: readonly number[],
  ): void {
    const relation = this.#relations.get(target);
    const toColumns = this.#namesOf(target, targetKey);
    if (relation === undefined || toColumns === null) return;
    keys.foreignKeys.push({
      name,
      columns,
      toNamespace: relation.namespace,
      toTable: relation.name,
      toColumns,
    });
  }

  /** The names of columns; `null` where the table or one of the columns is left out. */
  #namesOf(table: string, numbers: readonly (number | string)[]): readonly string[] | null {
    const names = this.#names.get(table);
    const found = numbers.map((number) => names?.get(String(number)));
    return found.every((name) => name !== undefined) ? (found as string[]) : null;
  }

  facts(): Pick<SourceFacts, 'tables' | 'enums' | 'issues'> {
    const tables: TableFacts[] = [];
    for (const [oid, relation] of this.#relations) {
      const { namespace, name, kind, comment, insertable, updatable, deletable, estimatedRows } = relation;
      const columns = this.#columns.get(oid)!.map(({ facts }) => facts);
      const { constraints, ...keys } = this.#keys.get(oid)!;
      if (columns.length === 0)
        this.#issues.push({
          namespace,
          table: name,
          column: null,
          reason: 'The table has no columns that may be read: it is left out.',
        });
      else
        tables.push({
          namespace,
          name,
          kind,
          comment,
          columns,
          ...keys,
          ...(constraints.length === 0 ? {} : { constraints }),
          insertable,
          updatable,
          deletable,
          ...(this.#triggers.has(oid) ? { triggers: this.#triggers.get(oid)! } : {}),
          estimatedRows,
        });
    }
    return { tables, enums: this.#enums.all, issues: this.#issues };
  }
}
