import type { Metadata, TableMetadata } from '../../src/catalog/index.ts';
import type { RoleEngine } from '../../src/execute/index.ts';
import { attachment, roleEngine } from '../support/cases/instance.ts';
import { ask } from '../support/cases/run.ts';
import type { Engine } from '../support/engines.ts';
import { Dice } from './dice.ts';
import { type KeyColumn, type KeyDatabases, keyColumns, openKeyDatabases, rowCount } from './remote-keys.ts';

/**
 * Relationships between the databases of all engines, over columns of all types, with values that some engine treats as equal or
 * cannot store. Fields, filters, orders and aggregates compare the values that fields return.
 */

const seed = Number(process.env.FOZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Columns of an engine that are compared with those of another one. */
const most = Number(process.env.FOZ_RANDOM ?? 7);

const kinds: readonly (readonly string[])[] = [
  ['text', 'plain', 'padded', 'narrow', 'label', 'uuid', 'opaque', 'bits', 'lenient', 'folded', 'address'],
  ['small', 'whole', 'large', 'decimal', 'price', 'huge'],
  ['real', 'float'],
  ['date'],
  ['moment', 'instant'],
  ['time'],
  ['truth'],
  ['bytes'],
];

type Compare = 'exact' | 'ignore_case';
interface Link {
  readonly name: string;
  readonly from: Engine;
  readonly to: Engine;
  readonly pairs: readonly (readonly [string, string])[];
  readonly compare: Compare;
}

const kindOf = (name: string) => kinds.findIndex((list) => list.includes(name));
const alike = (a: KeyColumn, b: KeyColumn) => kindOf(a.name) === kindOf(b.name);

/** Columns of every engine are compared with columns of every other engine; some in pairs. */
function linksOf(engines: readonly Engine[], dice: Dice): Link[] {
  const links: Link[] = [];
  for (const from of engines)
    for (const to of engines) {
      if (from === to) continue;
      for (const own of dice.some(keyColumns[from], most, most)) {
        const others = keyColumns[to].filter((other) => alike(own, other));
        for (const other of dice.some(others, 1, 1)) {
          const compare: Compare = kindOf(own.name) === 0 && dice.chance(30) ? 'ignore_case' : 'exact';
          links.push({ name: `r${links.length}`, from, to, pairs: [[own.name, other.name]], compare });
        }
      }
      for (let more = 0; more < 2; more++) {
        const [one, two] = dice.some(keyColumns[from], 2, 2);
        const pairs = [one!, two!].flatMap((own) => {
          const others = keyColumns[to].filter((other) => alike(own, other));
          return others.length === 0 ? [] : [[own.name, dice.pick(others).name] as const];
        });
        if (pairs.length === 2) links.push({ name: `r${links.length}`, from, to, pairs, compare: 'exact' });
      }
    }
  return links;
}

function metadataOf(engines: readonly Engine[], links: readonly Link[]): Metadata {
  return {
    tables: engines.map(
      (source): TableMetadata => ({
        source,
        table: 'held',
        configuration: { custom_name: `${source}_held` },
        remote_relationships: links
          .filter((link) => link.from === source)
          .map(({ name, to, pairs, compare }) => ({
            name,
            definition: {
              to_source: {
                source: to,
                table: 'held',
                relationship_type: 'array',
                field_mapping: Object.fromEntries(pairs),
                ...(compare === 'exact' ? {} : { compare }),
              },
            },
          })),
      }),
    ),
  };
}

/** The first row in which two lists differ. */
function difference(given: readonly unknown[], expected: unknown): string {
  const right = expected as readonly unknown[];
  const at = given.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(right[index]));
  return `${JSON.stringify(given[at] ?? given.length)} instead of ${JSON.stringify(right[at] ?? right.length)}`;
}

type Row = Readonly<Record<string, unknown>> & { readonly id: number };

const small = (text: string) => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Two values as fields return them, converted to the form in which they are compared. */
function spelled(value: unknown, column: string, compare: Compare): string {
  const text = String(value);
  switch (kindOf(column)) {
    case 0:
      return compare === 'ignore_case' ? small(text) : text;
    case 1: {
      const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
      return plain === '-0' ? '0' : plain;
    }
    case 2:
      return String(Number.isNaN(Number(text)) ? text : Number(text) + 0);
    case 4:
      return text.replace('+00:00', '');
    default:
      return text;
  }
}

describe(`keys between databases (FOZ_SEED=${seed})`, () => {
  const dice = new Dice(seed);
  let databases: KeyDatabases;
  let engine: RoleEngine;
  let links: readonly Link[];
  const rows = new Map<Engine, readonly Row[]>();

  const answer = async (query: string) => {
    const { data, errors } = JSON.parse(await ask(engine, { query, variables: {} })) as {
      data: Record<string, readonly Row[]>;
      errors?: unknown;
    };
    if (errors !== undefined) throw new Error(`${query}\n${JSON.stringify(errors)}`);
    return data;
  };

  beforeAll(async () => {
    databases = await openKeyDatabases(dice);
    links = linksOf(databases.engines, dice);
    engine = await roleEngine(
      databases.connectors,
      attachment({ metadata: metadataOf(databases.engines, links) }),
    );
    for (const source of databases.engines) {
      const fields = keyColumns[source].map(({ name }) => name).join(' ');
      const data = await answer(`{ it: ${source}_held(order_by: {id: asc}) { id ${fields} } }`);
      rows.set(source, data.it!);
      expect(data.it).toHaveLength(rowCount);
    }
  }, 180_000);
  afterAll(() => databases?.close());

  const partnersOf = (link: Link, row: Row): readonly number[] =>
    rows
      .get(link.to)!
      .filter((other) =>
        link.pairs.every(
          ([own, there]) =>
            row[own] !== null &&
            other[there] !== null &&
            spelled(row[own], own, link.compare) === spelled(other[there], there, link.compare),
        ),
      )
      .map(({ id }) => id);

  const linkText = (link: Link) =>
    `${link.from} -> ${link.to} ${link.pairs.map((pair) => pair.join(' = ')).join(', ')} ${link.compare}`;

  test('field, aggregate, filter and order go by the values that are shown', async () => {
    const problems: string[] = [];
    let found = 0;
    for (const link of links) {
      const { name, from } = link;
      const expected = new Map(rows.get(from)!.map((row) => [row.id, partnersOf(link, row)]));
      found += [...expected.values()].flat().length;
      const partner = 1 + dice.whole(rowCount);
      const least = dice.whole(3);
      const ids = [...expected.keys()];
      const data = await answer(`{
        fields: ${from}_held(order_by: {id: asc}) {
          id
          ${name}(order_by: {id: asc}) { id }
          first: ${name}(order_by: {id: desc}, limit: 1) { id }
          ${name}_aggregate { aggregate { count max { id } } nodes { id } }
        }
        some: ${from}_held(where: {${name}: {id: {_lte: ${partner}}}}, order_by: {id: asc}) { id }
        none: ${from}_held(where: {_not: {${name}: {id: {_lte: ${partner}}}}}, order_by: {id: asc}) { id }
        many: ${from}_held(where: {${name}_aggregate: {count: {predicate: {_gt: ${least}}}}}, order_by: {id: asc}) { id }
        ordered: ${from}_held(order_by: [{${name}_aggregate: {count: desc}}, {id: asc}]) { id }
      }`).catch((error: unknown) => {
        problems.push(`${linkText(link)}: ${(error as Error).message}`);
        return null;
      });
      if (data === null) continue;
      const of = (id: number) => expected.get(id)!;
      const wanted: Record<string, unknown> = {
        fields: ids.map((id) => ({
          id,
          [name]: of(id).map((other) => ({ id: other })),
          first: of(id)
            .slice(-1)
            .map((other) => ({ id: other })),
          [`${name}_aggregate`]: {
            aggregate: { count: of(id).length, max: { id: of(id).at(-1) ?? null } },
            nodes: of(id).map((other) => ({ id: other })),
          },
        })),
        some: ids.filter((id) => of(id).some((other) => other <= partner)).map((id) => ({ id })),
        none: ids.filter((id) => !of(id).some((other) => other <= partner)).map((id) => ({ id })),
        many: ids.filter((id) => of(id).length > least).map((id) => ({ id })),
        ordered: [...ids].sort((a, b) => of(b).length - of(a).length || a - b).map((id) => ({ id })),
      };
      for (const [part, value] of Object.entries(wanted)) {
        const [given, right] = [JSON.stringify(data[part]), JSON.stringify(value)];
        if (given !== right) problems.push(`${linkText(link)}: ${part}: ${difference(data[part]!, value)}`);
      }
    }
    expect(problems.join('\n')).toBe('');
    // Without any matches the test would prove nothing.
    expect(found).toBeGreaterThan(links.length);
  }, 300_000);
});
