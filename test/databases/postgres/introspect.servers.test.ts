import { connectPostgres } from '../../../src/databases/postgres/index.ts';
import { describeEngines } from '../../support/engines.ts';
import { describeIntrospection } from './introspect.ts';
import { everything, factsOf, onServer } from './support.ts';

describeEngines(['postgres'], () => {
  describeIntrospection(onServer);

  test('what the user may not read is left out; what it may not write is not writable', async () => {
    const fixture = await onServer();
    const role = `foz_reader_${process.pid}`;
    await fixture.script(`create table open (id int primary key, a int, secret int, other int references open);
      create table closed (id int); create schema shut; create table shut.inner (id int);
      create role ${role} login; grant select (id, a) on open to ${role}; grant insert on open to ${role};`);
    const url = new URL(fixture.url);
    url.username = role;
    const connector = connectPostgres({ connection: url.href });
    try {
      const facts = await connector.introspect(everything, new AbortController().signal);
      expect(facts.tables.map(({ name }) => name)).toEqual(['open']);
      expect(factsOf(facts, 'open')).toMatchObject({
        insertable: true,
        updatable: false,
        deletable: false,
        foreignKeys: [],
        primaryKey: { columns: ['id'] },
      });
      expect(factsOf(facts, 'open').columns.map(({ name }) => name)).toEqual(['id', 'a']);
    } finally {
      await connector.close();
      await fixture.script(`drop owned by ${role}; drop role ${role}`);
      await fixture.drop();
    }
  });

  test('a type that nobody has heard of is kept as text and reported', async () => {
    const fixture = await onServer();
    await fixture.script(`create type odd; create function odd_in(cstring) returns odd language internal immutable strict as 'textin';
      create function odd_out(odd) returns cstring language internal immutable strict as 'textout';
      create type odd (input = odd_in, output = odd_out, like = text);
      create table things (id int primary key, strange odd, many odd[]); insert into things values (1, 'hello', '{"a b",c}')`);
    try {
      const facts = await fixture.connector.introspect(everything, new AbortController().signal);
      expect(factsOf(facts, 'things').columns.map(({ scalar, array }) => [scalar, array])).toEqual([
        ['int', false],
        ['opaque', false],
        ['opaque', true],
      ]);
      expect(facts.issues.map(({ column, reason }) => [column, /odd is not known/.test(reason)])).toEqual(
        [
          ['strange', true],
          ['many', false],
        ].map(([name]) => [name, true]),
      );
    } finally {
      await fixture.drop();
    }
  });

  test('5,000 tables of 20 columns are read in time that grows with their number alone', async () => {
    const fixture = await onServer();
    const types = ['int', 'text', 'varchar(40)', 'numeric(12,2)', 'timestamptz', 'jsonb'];
    const columns = Array.from({ length: 18 }, (_, n) => `c${n} ${types[n % 6]}`).join(', ');
    const table = (n: number) =>
      `create table t${n} (id int primary key, parent int references t${n >> 1}, ${columns});`;
    const read = async () => {
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const started = performance.now();
        await fixture.connector.introspect(everything, new AbortController().signal);
        times.push(performance.now() - started);
      }
      return Math.min(...times);
    };
    try {
      for (let n = 0; n < 1000; n += 200)
        await fixture.script(Array.from({ length: 200 }, (_, i) => table(n + i)).join('\n'));
      await fixture.script('analyze pg_attribute; analyze pg_class; analyze pg_constraint');
      const small = await read();
      for (let n = 1000; n < 5000; n += 200)
        await fixture.script(Array.from({ length: 200 }, (_, i) => table(n + i)).join('\n'));
      await fixture.script('analyze pg_attribute; analyze pg_class; analyze pg_constraint');
      const large = await read();
      expect(large).toBeLessThan(20_000);
      expect(large / small).toBeLessThan(10);
    } finally {
      await fixture.drop();
    }
  }, 120_000);
});
