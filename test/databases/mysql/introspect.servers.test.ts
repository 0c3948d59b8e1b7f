import type { ColumnFacts, SourceFacts } from '../../../src/catalog/index.ts';
import { connect } from '../../support/connect.ts';
import { describeEngines, serverUrl } from '../../support/engines.ts';
import { both, connectTo, Fixture, patient } from './support.ts';

const long = 'n'.repeat(64);
const nasty = [
  'with space',
  "quo'te",
  'dou"ble',
  'back\\\\slash',
  'what?',
  '$1',
  'ünïcode 表',
  'select',
  'a.b;c--d',
  'per%cent',
  '/* c */',
  long,
];
const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;
const written = (name: string) => name.replaceAll('\\\\', '\\');

const tables = `
  create table parent (a int, b varchar(20), c int not null, primary key (a, b), unique key both_ways (c, a), unique key prefixed (b(3))) comment 'The ''parent''';
  create table child (
    id int unsigned not null auto_increment primary key comment 'number', pa int, pb varchar(20), self int unsigned,
    other_a int, other_b varchar(20),
    name varchar(40) not null default 'it''s', state varchar(10) default 'new', flag boolean not null default true,
    made timestamp not null default current_timestamp on update current_timestamp, twice int generated always as (pa * 2) stored,
    later int as (pa + 1) virtual, hidden int invisible, nothing int, computed int default (1 + 2), price decimal(9, 3) unsigned,
    mood enum('b', 'a', 'it''s', 'x,y') default 'a', tags set('x', 'y'), bits bit(8), bit1 bit(1), yr year, doc json, place point,
    constraint to_parent foreign key (pa, pb) references parent (a, b),
    constraint to_other foreign key (other_a, other_b) references parent (a, b),
    constraint to_self foreign key (self) references child (id),
    constraint states check (state in ('new', 'it''s', 'back\\\\slash')),
    constraint flags check (name <> '')
  );
  create table ring_a (id int primary key, b int);
  create table ring_b (id int primary key, a int, constraint to_a foreign key (a) references ring_a (id));
  alter table ring_a add constraint to_b foreign key (b) references ring_b (id);
  create table keyless (x int);
  create table parts (id int primary key, y int) partition by hash (id) partitions 3;
  create view simple as select id, name, state from child where flag;
  create view joined as select c.id, p.c from child c join parent p on p.a = c.pa;
  create view summed as select state, count(*) as n from child group by state;
  ${nasty.map((name) => `create table ${quoted(written(name))} (id int primary key, ${quoted(written(name))} int, \`${'`'.repeat(2)}tick\` varchar(9), constraint ${quoted(written(name).slice(0, 60))} unique (${quoted(written(name))}));`).join('\n')}
  create table \`ti\`\`ck\` (id int primary key, \`co\`\`l\` int);
  create table wide (id int primary key, ${Array.from({ length: 999 }, (_, index) => `c${index} int`).join(', ')})`;

describeEngines(both, (engine) => {
  let it: Fixture;
  let facts: SourceFacts;
  beforeAll(async () => {
    it = await Fixture.open(engine, tables);
    facts = await it.introspect();
  });
  afterAll(() => it.close());

  const table = (name: string) => facts.tables.find((one) => one.name === name)!;
  const column = (tableName: string, name: string): ColumnFacts =>
    table(tableName).columns.find((one) => one.name === name)!;

  test('the server', () => {
    expect(facts).toMatchObject({ engine, defaultNamespace: it.name });
    expect(facts.version).toMatch(engine === 'mysql' ? /^[89]\.\d+\.\d+$/ : /^1\d\.\d+\.\d+-MariaDB$/);
  });

  test('keys', () => {
    expect(table('parent')).toMatchObject({
      namespace: it.name,
      kind: 'table',
      comment: "The 'parent'",
      primaryKey: { name: 'parent_pkey', columns: ['a', 'b'] },
      uniqueKeys: [{ name: 'both_ways', columns: ['c', 'a'] }],
      insertable: true,
      updatable: true,
      deletable: true,
    });
    const to = (name: string, columns: string[], toTable: string, toColumns: string[]) => ({
      name,
      columns,
      toNamespace: it.name,
      toTable,
      toColumns,
    });
    expect(table('child').foreignKeys).toEqual([
      to('to_other', ['other_a', 'other_b'], 'parent', ['a', 'b']),
      to('to_parent', ['pa', 'pb'], 'parent', ['a', 'b']),
      to('to_self', ['self'], 'child', ['id']),
    ]);
    expect(table('ring_a').foreignKeys).toEqual([to('to_b', ['b'], 'ring_b', ['id'])]);
    expect(table('ring_b').foreignKeys).toEqual([to('to_a', ['a'], 'ring_a', ['id'])]);
    expect(table('keyless')).toMatchObject({ primaryKey: null, uniqueKeys: [], foreignKeys: [] });
  });

  test('kinds', () => {
    expect(table('parts').kind).toBe('partitioned table');
    expect(table('simple')).toMatchObject({
      kind: 'view',
      comment: null,
      insertable: true,
      updatable: true,
      deletable: true,
    });
    expect(table('joined')).toMatchObject({
      kind: 'view',
      insertable: false,
      updatable: false,
      deletable: false,
    });
    expect(table('summed')).toMatchObject({
      kind: 'view',
      insertable: false,
      updatable: false,
      deletable: false,
    });
    expect(table('wide').columns).toHaveLength(1000);
  });

  test('columns', () => {
    expect(column('child', 'id')).toMatchObject({
      scalar: 'bigint',
      identity: 'by default',
      nullable: false,
      range: ['0', '4294967295'],
      comment: 'number',
      defaultExpression: null,
    });
    expect(column('child', 'name')).toMatchObject({
      scalar: 'text',
      maxLength: 40,
      nullable: false,
      defaultExpression: "'it''s'",
      comment: null,
    });
    expect(column('child', 'flag')).toMatchObject({ scalar: 'boolean', nullable: false });
    expect(column('child', 'flag').defaultExpression).toMatch(/1/);
    expect(column('child', 'made')).toMatchObject({ scalar: 'timestamptz', generated: false, scale: 0 });
    expect(column('child', 'made').defaultExpression).toMatch(
      /^current_timestamp.* on update current_timestamp/i,
    );
    expect(column('child', 'twice')).toMatchObject({
      scalar: 'int',
      generated: true,
      defaultExpression: null,
    });
    expect(column('child', 'later')).toMatchObject({ generated: true });
    expect(column('child', 'hidden')).toMatchObject({
      scalar: 'int',
      generated: false,
      nullable: true,
      defaultExpression: null,
    });
    expect(column('child', 'nothing')).toMatchObject({ nullable: true, defaultExpression: null });
    expect(column('child', 'computed').defaultExpression).toBe('(1 + 2)');
    expect(column('child', 'price')).toMatchObject({ scalar: 'numeric', precision: 9, scale: 3 });
    expect(column('child', 'bits')).toMatchObject({ scalar: 'opaque', castType: 'bit(8)' });
    expect(column('child', 'bit1')).toMatchObject({ scalar: 'boolean' });
    expect(column('child', 'tags')).toMatchObject({ scalar: 'opaque' });
    expect(column('child', 'yr')).toMatchObject({ scalar: 'int' });
    expect(column('child', 'doc')).toMatchObject({ scalar: 'json', nativeType: 'json', maxLength: null });
    expect(column('child', 'place')).toMatchObject({ scalar: 'geometry' });
  });

  test('enums, native and by check', () => {
    expect(column('child', 'mood')).toMatchObject({ scalar: 'enum', enumName: 'child_mood' });
    expect(column('child', 'state')).toMatchObject({ scalar: 'enum', enumName: 'child_state' });
    expect(column('child', 'name').enumName).toBeNull();
    expect(facts.enums).toEqual(
      expect.arrayContaining([
        { name: 'child_mood', namespace: it.name, values: ['b', 'a', "it's", 'x,y'], comment: null },
        { name: 'child_state', namespace: it.name, values: ['new', "it's", 'back\\slash'], comment: null },
      ]),
    );
  });

  test('nasty names, and statements with them', async () => {
    for (const name of nasty.map(written)) {
      expect(table(name).columns.map((one) => one.name)).toEqual(['id', name, '``tick'.slice(1)]);
      expect(table(name).uniqueKeys).toEqual([{ name: name.slice(0, 60), columns: [name] }]);
      await it.insert(name, { id: 1, [name]: 7, '`tick': 'x?y' });
      expect(await it.select(name, [name, '`tick'], await it.where(name, name, '_eq', 7))).toEqual([
        ['7', 'x?y'],
      ]);
      const again = it.insert(name, { id: 1 });
      await expect(again).rejects.toMatchObject({ details: { table: name, constraint: `${name}_pkey` } });
    }
    await it.insert('ti`ck', { id: 1, 'co`l': 3 });
    expect(await it.select('ti`ck', ['co`l'])).toEqual([['3']]);
  });

  test('tables by pattern', async () => {
    const namespaces = { include: [], exclude: [] };
    const names = async (include: string[], exclude: string[]) =>
      (
        await it.connector.introspect({ namespaces, tables: { include, exclude } }, patient.signal)
      ).tables.map(({ name }) => name);
    expect(await names(['ring_?', `${it.name}.par*`], ['*.parts'])).toEqual(['parent', 'ring_a', 'ring_b']);
  });

  test('a key into a table that is left out is left out', async () => {
    const options = { namespaces: { include: [], exclude: [] }, tables: { include: ['child'], exclude: [] } };
    const [child] = (await it.connector.introspect(options, patient.signal)).tables;
    expect(child!.foreignKeys.map(({ name }) => name)).toEqual(['to_self']);
  });

  test('several namespaces', async () => {
    const second = `${it.name}_b`;
    await it.past.execute(`create database ${second}; create table ${second}.parent (id int primary key, mood enum('x'));
      create table ${second}.child (id int primary key, pa int, pb varchar(20), mood enum('y'), constraint across foreign key (pa, pb) references ${it.name}.parent (a, b))`);
    const options = {
      namespaces: { include: [`${it.name}*`], exclude: [] },
      tables: { include: ['*parent', '*child'], exclude: [] },
    };
    const found = await it.connector.introspect(options, patient.signal);
    expect(found.tables.map(({ namespace, name }) => [namespace, name])).toEqual([
      [it.name, 'child'],
      [it.name, 'parent'],
      [second, 'child'],
      [second, 'parent'],
    ]);
    expect(found.tables[2]!.foreignKeys[0]).toMatchObject({
      name: 'across',
      toNamespace: it.name,
      toTable: 'parent',
    });
    expect(found.enums.map(({ name }) => name)).toContain(`${second}_child_mood`);
    await it.past.execute(`drop database ${second}`);
  });

  test('an empty database, a type nobody has heard of, numbers for booleans', async () => {
    const empty = await Fixture.open(engine, '', { tinyInt1IsBool: false });
    expect(await empty.introspect()).toMatchObject({ tables: [], enums: [], issues: [] });
    await empty.past.execute('create table t (id int primary key, b boolean)');
    expect((await empty.introspect()).tables[0]!.columns[1]).toMatchObject({ scalar: 'smallint' });
    if (engine === 'mariadb') {
      await empty.past.execute('create table u (id uuid primary key, i4 inet4, i6 inet6)');
      const u = (await empty.introspect()).tables.find(({ name }) => name === 'u')!;
      expect(u.columns.map(({ scalar }) => scalar)).toEqual(['uuid', 'opaque', 'opaque']);
      await empty.insert('u', {
        id: '00112233-4455-6677-8899-AABBCCDDEEFF',
        i4: '10.0.0.1',
        i6: '2001:db8::1',
      });
      const where = await empty.where('u', 'id', '_eq', '00112233-4455-6677-8899-AABBCCDDEEFF');
      expect(await empty.select('u', ['id', 'i4', 'i6'], where)).toEqual([
        ['00112233-4455-6677-8899-aabbccddeeff', '10.0.0.1', '2001:db8::1'],
      ]);
    } else {
      await empty.past.execute('create table u (id int primary key, v vector(2))');
      await empty.insert('u', { id: 1, v: '[1.5,-2]' });
      expect(JSON.parse((await empty.select('u', ['v']))[0]![0]!)).toEqual([1.5, -2]);
      const u = (await empty.introspect()).tables.find(({ name }) => name === 'u')!;
      expect(u.columns[1]).toMatchObject({ scalar: 'opaque', compares: 'none' });
    }
    await empty.close();
  });

  test('rights of the user', async () => {
    const admin = await connect(engine, serverUrl(engine));
    const user = `u_${it.name.slice(7)}`;
    await admin.execute(`create user '${user}'@'%' identified by 'pw'; grant select on ${it.name}.parent to '${user}'@'%';
      grant select (id, name), insert (name) on ${it.name}.child to '${user}'@'%'`);
    const url = new URL(it.url);
    url.username = user;
    url.password = 'pw';
    const connector = connectTo(engine, { connection: url.href });
    const found = await connector.introspect(
      { namespaces: { include: [], exclude: [] }, tables: { include: [], exclude: [] } },
      patient.signal,
    );
    expect(found.tables.map(({ name }) => name)).toEqual(['child', 'parent']);
    expect(found.tables[0]).toMatchObject({ insertable: true, updatable: false });
    expect(found.tables[0]!.columns.map(({ name }) => name)).toEqual(['id', 'name']);
    expect(found.tables[1]).toMatchObject({ insertable: false, updatable: false, deletable: false });
    await expect(
      connector.run({ text: `delete from ${it.name}.parent`, slots: [] }, [], patient),
    ).rejects.toMatchObject({ code: 'access-denied' });
    await connector.close();
    await admin.execute(`drop user '${user}'@'%'`);
    await admin.close();
  });

  test('a view that has lost its table harms nothing', async () => {
    await it.past.execute(
      'create table base (id int primary key); create view orphan as select id from base; drop table base',
    );
    const found = await it.introspect();
    expect(found.tables.length).toBeGreaterThan(15);
    expect(found.issues.filter(({ table: name }) => name !== 'orphan')).toEqual([]);
    await it.past.execute('drop view orphan');
  });
});
