import { buildSchema, findBreakingChanges, findDangerousChanges } from 'graphql';
import type { Metadata, SourceInput } from '../../src/catalog/index.ts';
import { noMetadata } from '../../src/catalog/index.ts';
import { servedChanges, versionOf } from '../../src/views/graph-changes/served-changes.ts';
import { subjectOf } from '../../src/views/graph-changes/subject.ts';
import { partOf, tablesOf, touchedTables } from '../../src/views/graph-changes/touched.ts';
import { compareGraphs, linesOf } from '../../src/views/index.ts';
import { servedGraph } from '../../src/views/served-graph.ts';
import { column, everything, facts, reference, source, table } from './catalogs.ts';

type Tables = Parameters<typeof source>[1];

function version(sources: readonly SourceInput[], metadata: Metadata = noMetadata) {
  return versionOf({ sources, metadata, names: {}, capabilitiesOf: () => everything });
}

/** The lines that report the changes of the graph, after a change of one source's tables. */
function linesFor(before: Tables, after: Tables, metadata: readonly [Metadata?, Metadata?] = []): string[] {
  return linesOf(
    servedChanges(
      version([source('shop', before)], metadata[0]),
      version([source('shop', after)], metadata[1]),
    ),
  );
}

const note = column('note', 'text', { nullable: true });
const users = table('users', [column('id', 'int'), note]);
const posts = table('posts', [column('id', 'int'), column('author_id', 'int'), column('editor_id', 'int')], {
  foreignKeys: [reference('author_id', 'users')],
});

describe('what changes in the graph by a change in a database', () => {
  test('nothing', () => {
    expect(linesFor([users, posts], [users, posts])).toEqual([]);
    const counted = { ...users, estimatedRows: 12, comment: 'People.' };
    expect(linesFor([users, posts], [counted, posts])).toEqual([]);
  });

  test('a column that is gone, new, of another type', () => {
    const without = { ...users, columns: [users.columns[0]!] };
    expect(linesFor([users, posts], [without, posts])).toEqual([
      expect.stringMatching(
        /^- users\.note was removed \(and \d+ more that follow from it\) {2}\[breaking\]$/,
      ),
    ]);
    expect(linesFor([without, posts], [users, posts])).toEqual([
      expect.stringMatching(/^\+ users\.note was added \(String\) \(and \d+ more that follow from it\)$/),
    ]);
    const number = { ...users, columns: [users.columns[0]!, column('note', 'int')] };
    expect(linesFor([users, posts], [number, posts])[0]).toMatch(
      /^~ users\.note changed type from String to Int! \(and \d+ more that follow from it\) {2}\[breaking\]$/,
    );
  });

  test('a column that takes no NULL any more breaks no operation', () => {
    const strict = { ...users, columns: [users.columns[0]!, column('note', 'text')] };
    expect(linesFor([users], [strict])).toEqual(['~ users.note changed type from String to String!']);
    expect(linesFor([strict], [users])).toEqual([
      '~ users.note changed type from String! to String  [breaking]',
    ]);
  });

  test('a table that is gone takes its relationships along, and nothing of others', () => {
    expect(linesFor([users, posts], [users])).toEqual([
      expect.stringMatching(/^- posts was removed \(and \d+ more that follow from it\) {2}\[breaking\]$/),
      expect.stringMatching(
        /^- users\.posts was removed \(and \d+ more that follow from it\) {2}\[breaking\]$/,
      ),
    ]);
  });

  test('a second foreign key between two tables', () => {
    const two = { ...posts, foreignKeys: [...posts.foreignKeys, reference('editor_id', 'users')] };
    const lines = linesFor([users, posts], [users, two]);
    expect(lines).toEqual(expect.arrayContaining([expect.stringContaining('+ posts.editor was added')]));
  });

  test('what is told does not depend on the tables that stay the same', () => {
    const logs = table('logs', [column('id', 'int'), column('line', 'jsonb')]);
    const view = { ...logs, insertable: false, updatable: false, deletable: false };
    const within = {
      ...source('shop', []),
      customization: { rootFields: { namespace: 'shop' }, typeNames: {} },
    };
    const tables: [string, Tables, Tables][] = [
      ['new', [users], [users, logs]],
      ['gone', [users, logs], [users]],
      ['only read from now on', [users, logs], [users, view]],
      ['written from now on', [users, view], [users, logs]],
      ['only read, and alone', [logs], [view]],
      ['written, and alone', [view], [logs]],
    ];
    for (const [name, one, other] of tables)
      for (const around of [source('shop', []), within]) {
        const [before, after] = [one, other].map((tables) =>
          version([{ ...around, facts: source('shop', tables).facts }]),
        ) as [ReturnType<typeof version>, ReturnType<typeof version>];
        const [was, is] = [before, after].map(({ parts }) => servedGraph(parts).graph.schema);
        const whole = compareGraphs({ before: was!, after: is! });
        expect(whole.length).toBeGreaterThan(5);
        expect([name, servedChanges(before, after)]).toEqual([name, whole]);
      }
  });

  test('a field that keeps its type and shows something else', () => {
    const named = (title: string): Metadata => ({
      tables: [
        {
          source: 'shop',
          table: 'users',
          configuration: { column_config: { [title]: { custom_name: 'title' } } },
        },
      ],
    });
    const titled = table('users', [column('id', 'int'), column('one', 'text'), column('two', 'text')]);
    expect(linesFor([titled], [titled], [named('one'), named('two')])).toEqual(
      expect.arrayContaining([
        '~ users.title leads to the column two now, not to the column one  [breaking]',
      ]),
    );
  });

  test('a table whose name goes to another one', () => {
    const rename = (name: string): Metadata => ({
      tables: [{ source: 'shop', table: name, configuration: { custom_name: 'people' } }],
    });
    const same = table('members', users.columns);
    expect(linesFor([users, same], [users, same], [rename('users'), rename('members')])).toContain(
      '~ people is the table shop.public.members now, not shop.public.users  [breaking]',
    );
  });

  test('a connection that a new table takes away', () => {
    const lines = linesFor([users], [users, table('users_connection', [column('id', 'int')])]);
    expect(lines.join('\n')).toMatch(/query_root\.users_connection changed type|users_connection/);
    expect(lines.some((line) => line.endsWith('[breaking]'))).toBe(true);
  });

  test('a source that is gone or new', () => {
    const one = source('shop', [users]);
    const two = source('blog', [posts]);
    expect(linesOf(servedChanges(version([one, two]), version([one])))).toEqual([
      expect.stringMatching(/^- posts was removed .*\[breaking\]$/),
    ]);
    expect(linesOf(servedChanges(version([one]), version([one, two])))).toEqual([
      expect.stringMatching(/^\+ posts was added/),
    ]);
  });

  test('an enum that loses a value', () => {
    const mood = column('mood', 'enum', { enumName: 'mood', nullable: true });
    const feelings = (values: readonly string[]) =>
      facts([table('users', [column('id', 'int'), mood])], {
        enums: [{ name: 'mood', namespace: 'public', values, comment: null }],
      } as object);
    expect(linesFor(feelings(['good', 'bad']), feelings(['good']))).toEqual([
      '- bad was removed from enum type mood  [breaking]',
    ]);
  });

  test('both conventions fold what follows from a column', () => {
    const camel = (content: Tables) => version([source('shop', content, { naming: 'graphql-default' })]);
    const column_ = column('first_name', 'text');
    const more = { ...users, columns: [...users.columns, column_] };
    const changes = servedChanges(camel([more]), camel([users]));
    expect(linesOf(changes)).toHaveLength(1);
    expect(changes.length).toBeGreaterThan(5);
  });
});

describe('graphs of files', () => {
  const old = buildSchema(`
    directive @seen(at: Int) on FIELD
    union Any = A | B
    type A { id: Int, gone: Int, narrow: Int, arg(a: Int, b: Int = 1): Int, kept(x: Int): Int }
    type B implements I { id: Int }
    interface I { id: Int }
    enum E { ONE TWO }
    input In { a: Int }
    scalar Gone
    type Query { a: A, b: B, any: Any, e(e: E, i: In): E, gone: Gone }
  `);
  const now = buildSchema(`
    union Any = A | C
    type A { id: String, narrow: Int!, arg(b: Int = 2, c: Int!): Int, kept(x: Int, y: Int): Int }
    type B { id: Int }
    type C { id: Int }
    interface I { id: Int }
    enum E { ONE THREE }
    input In { a: Int, must: Int!, may: Int }
    type Query { a: A, b: B, any: Any, e(e: E, i: In): E }
  `);

  test('each kind of change is told with what it is about', () => {
    const found = [...findBreakingChanges(old, now), ...findDangerousChanges(old, now)];
    expect(
      Object.fromEntries(found.map(({ type, description }) => [type, subjectOf(description).what])),
    ).toMatchInlineSnapshot(`
{
  "ARG_DEFAULT_VALUE_CHANGE": "A.arg.b",
  "ARG_REMOVED": "A.arg.a",
  "DIRECTIVE_REMOVED": "seen",
  "FIELD_CHANGED_KIND": "A.id",
  "FIELD_REMOVED": "Query.gone",
  "IMPLEMENTED_INTERFACE_REMOVED": "B",
  "OPTIONAL_ARG_ADDED": "A.kept.y",
  "OPTIONAL_INPUT_FIELD_ADDED": "In.may",
  "REQUIRED_ARG_ADDED": "A.arg.c",
  "REQUIRED_INPUT_FIELD_ADDED": "In.must",
  "TYPE_ADDED_TO_UNION": "Any.C",
  "TYPE_REMOVED": "Gone",
  "TYPE_REMOVED_FROM_UNION": "Any.B",
  "VALUE_ADDED_TO_ENUM": "E.THREE",
  "VALUE_REMOVED_FROM_ENUM": "E.TWO",
}
`);
  });

  test('what is new is told besides', () => {
    expect(
      compareGraphs({ before: old, after: now }).filter(({ severity }) => severity === 'safe'),
    ).toMatchInlineSnapshot(`
[
  {
    "change": "changed",
    "follows": null,
    "severity": "safe",
    "text": "A.narrow changed type from Int to Int!.",
    "what": "A.narrow",
  },
  {
    "change": "added",
    "follows": null,
    "severity": "safe",
    "text": "C was added.",
    "what": "C",
  },
]
`);
  });
});

test('only tables that have changed are compared, with those they refer to', () => {
  const tables = Array.from({ length: 50 }, (_, at) =>
    table(
      `t${at}`,
      [column('id', 'int'), column('root_id', 'int')],
      at === 0 ? {} : { foreignKeys: [reference('root_id', 't0')] },
    ),
  );
  const more = tables.map((one, at) =>
    at === 7 ? { ...one, columns: [...one.columns, column('added', 'text')] } : one,
  );
  const versions = [tables, more].map((content) => {
    const parts = { sources: [source('shop', content)], metadata: noMetadata, names: {} };
    return servedGraph({ ...parts, capabilitiesOf: () => everything });
  });
  const touched = touchedTables(versions[0]!, versions[1]!);
  expect([...touched]).toEqual(['shop.public.t7']);
  expect(tablesOf(partOf(versions[1]!.catalog, touched)).map(({ name }) => name)).toEqual(['t0', 't7']);
});
