import type { BoolExp, TableMetadata } from '../../src/catalog/index.ts';
import { parseRoleName } from '../../src/core/index.ts';
import { Graphs } from '../../src/views/index.ts';
import { type Behind, behind, type Front, front } from '../faults/front.ts';
import { ask } from '../support/cases/run.ts';
import { testEngines } from '../support/engine/index.ts';
import { describeEngines, type Engine, engines } from '../support/engines.ts';
import { Dice } from './dice.ts';
import { passes, type Row, randomRule } from './random-writes.ts';
import { canHave, createTrigger, dropTrigger, type Trigger } from './triggers.ts';

const seed = Number(process.env.FOZ_SEED ?? 1);
const count = Number(process.env.FOZ_RANDOM_TRIGGERS ?? 6);
const each = Number(process.env.FOZ_RANDOM_OPERATIONS ?? 8);

/**
 * Random writes of random roles on tables with random triggers. The test does not model the triggers: it compares the stored rows
 * with the returned ones and with the rules of the role. `FOZ_SEED=7 FOZ_RANDOM_TRIGGERS=200` for other ones.
 */
describeEngines(engines, (engine) => {
  let shop: Behind;
  let foz: Front;
  beforeAll(async () => {
    shop = await behind(engine, [
      `create table items (id ${testEngines[engine].spelling.generatedKey}, owner integer default 1, amount integer, note varchar(20), code varchar(20), kind varchar(9) default 'k', tag varchar(9), constraint items_code unique (code, kind))`,
      `create table parts (id ${testEngines[engine].spelling.generatedKey}, item_id integer, label varchar(9))`,
    ]);
    foz = await front([shop]);
  }, 60_000);
  afterAll(async () => {
    await foz?.close();
    await shop?.close();
  });

  test.each(Array.from({ length: count }, (_, index) => seed + index))(
    'triggers and writer %i',
    async (number) => {
      const dice = new Dice(number * 15_485_863 + 11);
      const triggers = randomTriggers(dice, engine);
      const writer = randomWriter(dice);
      for (const trigger of triggers) await shop.run(...createTrigger(engine, trigger));
      try {
        // Sometimes triggers are created after the catalog was read. Triggers that change a row late must be in the catalog.
        if (triggers.some(({ late }) => late === true) || dice.chance(70)) await foz.refresh();
        const graphs = new Graphs({ metadata: { tables: metadataOf(writer) } }, foz.server.attached.registry);
        expect(graphs.issues.filter(({ severity }) => severity === 'error')).toEqual([]);
        const own = graphs.engine({ role: parseRoleName('writer')!, variables: new Map() });
        for (let at = 0; at < each; at++) {
          await shop.run(...(await emptied(engine, triggers)), ...someRows(dice));
          for (const trigger of triggers) await shop.run(...createTrigger(engine, trigger));
          const before = await stored(shop);
          const write = randomWrite(dice, at);
          const text = await ask(own, { query: `mutation { it: ${write.field} }`, variables: {} });
          const after = await stored(shop);
          const context = [write.field, JSON.stringify(writer), JSON.stringify(triggers), text].join('\n');
          tally[engine].add(verdict(context, triggers, writer, write, before, after, text));
        }
      } finally {
        for (const trigger of triggers) await shop.run(...dropTrigger(engine, trigger));
        await foz.refresh();
      }
    },
    60_000,
  );

  test('writes were stored and refused', () => {
    if (count >= 6) expect([...tally[engine]].sort()).toEqual(expect.arrayContaining(['refused', 'stored']));
  });
});

const tally = Object.fromEntries(engines.map((engine) => [engine, new Set()])) as Record<Engine, Set<string>>;

const columns = ['id', 'owner', 'amount', 'note', 'code', 'kind', 'tag'] as const;
const ruled = ['id', 'owner', 'amount'];

interface Writer {
  readonly insert: BoolExp;
  readonly filter: BoolExp;
  readonly check: BoolExp | null;
  readonly remove: BoolExp;
}

function randomWriter(dice: Dice): Writer {
  const rule = () => (dice.chance(45) ? {} : randomRule(dice, ruled, 1));
  return { insert: rule(), filter: rule(), check: dice.chance(50) ? null : rule(), remove: rule() };
}

function metadataOf({ insert, filter, check, remove }: Writer): TableMetadata[] {
  const role = 'writer';
  const all = [...columns];
  return [
    {
      source: 'shop',
      table: 'items',
      array_relationships: [
        {
          name: 'parts',
          using: { manual_configuration: { remote_table: 'parts', column_mapping: { id: 'item_id' } } },
        },
      ],
      select_permissions: [{ role, permission: { columns: all, filter: {} } }],
      insert_permissions: [{ role, permission: { columns: all, check: insert } }],
      update_permissions: [{ role, permission: { columns: all, filter, check } }],
      delete_permissions: [{ role, permission: { filter: remove } }],
    },
    {
      source: 'shop',
      table: 'parts',
      select_permissions: [{ role, permission: { columns: ['id', 'item_id', 'label'], filter: {} } }],
      insert_permissions: [{ role, permission: { columns: ['id', 'label'], check: {} } }],
    },
  ];
}

/** At most one trigger per event, limited to rows of one owner, so that only some rows of a statement are affected. */
function randomTriggers(dice: Dice, engine: Engine): Trigger[] {
  const changes: Record<string, string>[] = [
    { id: 'new.id + 100' },
    { owner: '3' },
    { note: "concat('t-', new.note)", owner: 'new.owner + 1' },
    { code: "concat('x', new.code)" },
    { code: 'lower(new.code)', amount: '4' },
    { kind: "'z'" },
  ];
  return (['insert', 'update', 'delete'] as const).flatMap((event): Trigger[] => {
    if (dice.chance(35)) return [];
    const row = event === 'delete' ? 'old' : 'new';
    const when = dice.chance(30) ? '1 = 1' : `${row}.owner = ${1 + dice.whole(3)}`;
    const skips = event === 'delete' || dice.chance(40);
    const late = !skips && dice.chance(engine === 'sqlite' ? 100 : 35);
    const action = skips
      ? ({ kind: 'skip', when } as const)
      : ({ kind: 'set', values: dice.pick(changes), when } as const);
    const trigger: Trigger = { table: 'items', event, action, late };
    return canHave(engine, trigger) ? [trigger] : [];
  });
}

/** Resets the rows while the triggers are off. */
async function emptied(engine: Engine, triggers: readonly Trigger[]): Promise<string[]> {
  return [
    ...triggers.flatMap((trigger) => dropTrigger(engine, trigger)),
    'delete from parts',
    'delete from items',
  ];
}

function someRows(dice: Dice): string[] {
  return Array.from({ length: 5 }, (_, at) => {
    const id = at + 1;
    const code = `'${dice.pick(['a', 'b', 'c', 'd', 'xa', 'xb'])}${id}'`;
    return `insert into items (id, owner, amount, note, code, kind, tag) values (${id}, ${1 + dice.whole(3)}, ${dice.whole(5)}, 'n', ${code}, '${dice.chance(80) ? 'k' : 'z'}', 'old${id}')`;
  });
}

interface State {
  readonly items: ReadonlyMap<number, Row>;
  readonly parts: readonly string[];
}

async function stored(shop: Behind): Promise<State> {
  // Aliased, since the driver returns rows as objects, which need a name for each expression.
  const list = columns
    .map((name) => `coalesce(cast(${name} as char(20)), 'null') as ${name}_text`)
    .join(', ');
  const text = await shop.rows(`select ${list} from items order by id`);
  const items = new Map<number, Row>();
  for (const line of text.trim() === '' ? [] : text.split(/\s+(?=-?\d+\s*:)/)) {
    const values = line.split(':').map((part) => part.trim());
    const row = Object.fromEntries(
      columns.map((name, at) => {
        const value = values[at]!;
        return [name, value === 'null' ? null : ruled.includes(name) ? Number(value) : value];
      }),
    );
    items.set(Number(row.id), row);
  }
  const parts = (await shop.rows('select item_id, label from parts order by id')).trim();
  return { items, parts: parts === '' ? [] : parts.split(/\s+/) };
}

interface Asked {
  readonly field: string;
  readonly kind: 'insert' | 'upsert' | 'update' | 'delete';
}

const returning = `{ affected_rows returning { ${columns.join(' ')} parts { label } } }`;

function randomWrite(dice: Dice, at: number): Asked {
  const kind = dice.pick([
    'insert',
    'insert',
    'insert',
    'upsert',
    'upsert',
    'update',
    'update',
    'delete',
  ] as const);
  const where = dice.chance(30) ? '{}' : `{owner: {_eq: ${1 + dice.whole(3)}}}`;
  if (kind === 'delete') return { kind, field: `delete_items(where: ${where}) ${returning}` };
  if (kind === 'update') {
    const set = dice.pick([
      'note: "u"',
      'amount: 2',
      'owner: 2',
      `owner: ${1 + dice.whole(4)}, note: "v"`,
      `code: "Q${at}"`,
      `id: ${50 + dice.whole(60)}`,
    ]);
    const one = set.startsWith('id') || set.startsWith('code') ? `{id: {_eq: ${1 + dice.whole(5)}}}` : where;
    return { kind, field: `update_items(where: ${one}, _set: {${set}}) ${returning}` };
  }
  const objects = Array.from({ length: 1 + dice.whole(3) }, (_, index) => {
    const tag = `g${at}x${index}`;
    const parts = kind === 'insert' && dice.chance(50) ? `, parts: {data: [{label: "${tag}"}]}` : '';
    const id = dice.chance(35) ? `id: ${dice.chance(50) ? 1 + dice.whole(6) : 20 + index}, ` : '';
    const owner = dice.chance(20) ? '' : `owner: ${1 + dice.whole(4)}, `;
    const code = `code: "${dice.pick(['a', 'b', 'A', 'B', 'c'])}${kind === 'upsert' ? 1 + dice.whole(5) : `${at}${index}`}", `;
    return `{${id}${owner}${code}amount: ${dice.whole(5)}, note: "n", tag: "${tag}"${parts}}`;
  });
  const constraint = dice.chance(60) ? 'items_code' : 'items_pkey';
  const update = dice.some(['owner', 'amount', 'note', 'tag'], 0, 3).join(', ');
  const clause =
    kind === 'insert' ? '' : `, on_conflict: {constraint: ${constraint}, update_columns: [${update}]}`;
  return { kind, field: `insert_items(objects: [${objects.join(', ')}]${clause}) ${returning}` };
}

const known = ['permission-error', 'constraint-violation', 'not-supported'];

/** Throws if the answer does not agree with the database. */
function verdict(
  context: string,
  triggers: readonly Trigger[],
  writer: Writer,
  { kind }: Asked,
  before: State,
  after: State,
  text: string,
): 'stored' | 'refused' {
  const same = (what: string, given: unknown, wanted: unknown) =>
    expect({ context, [what]: given }).toEqual({ context, [what]: wanted });
  const { data, errors } = JSON.parse(text) as {
    data?: { it: { affected_rows: number; returning: (Row & { parts: { label: string }[] })[] } } | null;
    errors?: { extensions: { code: string } }[];
  };
  if (errors !== undefined) {
    const code = errors[0]!.extensions.code;
    same('code', known.includes(code) && (code !== 'not-supported' || triggers.length > 0), true);
    same('items', [...after.items.values()], [...before.items.values()]);
    same('parts', after.parts, before.parts);
    return 'refused';
  }
  const { returning: rows, affected_rows: affected } = data!.it;
  const gone = [...before.items.values()].filter(({ id }) => !after.items.has(Number(id)));
  const written = [...after.items.values()].filter((row) => {
    const old = before.items.get(Number(row.id));
    return old === undefined || columns.some((name) => old[name] !== row[name]);
  });
  same(
    'no rule of rows',
    [...gone, ...written.map(({ id }) => before.items.get(Number(id)))].filter(
      (row) => row !== undefined && passes(kind === 'delete' ? writer.remove : writer.filter, row) !== true,
    ),
    [],
  );
  const own = (row: (typeof rows)[number]) => Object.fromEntries(columns.map((name) => [name, row[name]!]));
  if (kind === 'delete') {
    same('deleted', rows.map(own).sort(byId), gone.sort(byId));
    same('affected', affected, gone.length);
    same('changed', written, []);
    return 'stored';
  }
  // Returned rows equal the stored ones, and every written row is returned.
  same(
    'listed',
    rows.map(own),
    rows.map(({ id }) => after.items.get(Number(id))),
  );
  const listed = new Set(rows.map(({ id }) => Number(id)));
  same(
    'not listed',
    written.filter(({ id }) => !listed.has(Number(id))),
    [],
  );
  const check = (row: Row) => {
    const isNew =
      kind === 'insert' ||
      (kind === 'upsert' && String(row.tag).startsWith('g') && !before.items.has(Number(row.id)));
    const ofChanged =
      writer.check !== null && Object.keys(writer.check).length > 0
        ? writer.check
        : kind === 'upsert'
          ? writer.insert
          : {};
    return passes(isNew ? writer.insert : ofChanged, row) === true;
  };
  same(
    'unchecked',
    written.filter((row) => !check(row)),
    [],
  );
  const added = after.parts.slice(before.parts.length);
  same('affected', affected, rows.length + added.length);
  same(
    'parents',
    added.map((part) => after.items.get(Number(part.split(':')[0]))?.tag),
    added.map((part) => part.split(':')[1]),
  );
  if (kind === 'insert') same('skipped parents', new Set(added).size, added.length);
  return written.length > 0 ? 'stored' : 'refused';
}

const byId = (a: Row, b: Row) => Number(a.id) - Number(b.id);
