import { randomOf } from '../seed.ts';
import type { SyncEngine } from './bench.ts';

/** A table of one side: its columns and the rows that it has at first. `$t` is its name. */
interface HostileTable {
  readonly engine: SyncEngine;
  readonly columns: string;
  readonly more?: string;
  readonly rows?: readonly string[];
  /** Written once the sync follows the tables. */
  readonly later?: readonly string[];
}

/** Two tables that somebody has filled with what the other side cannot have, or calls by another name. */
export interface HostileCase {
  readonly name: string;
  readonly left: HostileTable;
  readonly right: HostileTable;
  readonly sync: object;
  /** The rows that each side has in the end, as texts. */
  readonly expected: { readonly left?: readonly string[]; readonly right: readonly string[] };
  /** What is read of each row; `$t` is not needed. */
  readonly shown: { readonly left?: string; readonly right: string };
  /** The keys of the rows that are reported as refused. */
  readonly refused: readonly string[];
  /** The sync has no difference that it would level. */
  readonly isLevel?: boolean;
}

const both = { direction: 'both' };
const pairs = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
/** A text of four bytes a character that no compression makes short: an index of PostgreSQL takes no such text. */
function longText(seed: number): string {
  const random = randomOf(seed);
  return Array.from({ length: 760 }, () => String.fromCodePoint(0x20000 + random(0xa000))).join('');
}

export const hostileCases: readonly HostileCase[] = [
  {
    name: 'zip',
    left: {
      engine: 'postgres',
      columns: 'code text primary key, name text',
      rows: [`insert into $t values ('01234', 'zero'), ('1234', 'none'), ('x', 'text')`],
      later: [
        `update $t set name = 'still zero' where code = '01234'`,
        `insert into $t values ('7', 'good')`,
      ],
    },
    right: { engine: 'mariadb', columns: 'code int primary key, name varchar(50)' },
    sync: { ...both, key: ['code'], columns: ['name'] },
    shown: { left: `code || ' ' || name`, right: `concat(code, ' ', name)` },
    expected: { left: ['01234 still zero', '1234 none', '7 good', 'x text'], right: ['1234 none', '7 good'] },
    refused: ['["01234"]', '["x"]'],
  },
  {
    name: 'moments',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, at text',
      rows: [`insert into $t values (1, '2024-99-99T00:00:00+01:00'), (2, '2024-01-01T00:00:00.5+01:00')`],
      later: [`insert into $t values (3, 'xxxxxxxxxxxx+01'), (4, '2024-01-01')`],
    },
    right: { engine: 'mariadb', columns: 'id int primary key, at datetime(6)' },
    sync: { key: ['id'], columns: ['at'] },
    shown: { right: `concat(id, ' ', at)` },
    expected: { right: ['2 2023-12-31 23:00:00.500000', '4 2024-01-01 00:00:00.000000'] },
    refused: ['["1"]', '["3"]'],
  },
  {
    name: 'nul',
    left: {
      engine: 'mariadb',
      columns: 'id varchar(20) primary key, note varchar(50)',
      rows: [
        `insert into $t values ('a', concat('x', char(0), 'y')), ('b', 'ok'), (concat('c', char(0)), 'key')`,
      ],
      later: [
        `insert into $t values ('d', concat(char(0), 'z')), ('e', 'good')`,
        `insert into $t values (concat(char(0), 'f'), 'key')`,
      ],
    },
    right: { engine: 'postgres', columns: 'id text primary key, note text' },
    sync: { key: ['id'], columns: ['note'] },
    shown: { right: `id || ' ' || note` },
    expected: { right: ['b ok', 'e good'] },
    refused: ['["\\u0000f"]', '["a"]', '["c\\u0000"]', '["d"]'],
  },
  {
    name: 'nul_number',
    left: {
      engine: 'mariadb',
      columns: 'id int primary key, note varchar(50)',
      rows: [`insert into $t values (1, concat('x', char(0), 'y')), (2, '7')`],
    },
    right: { engine: 'postgres', columns: 'id int primary key, note int' },
    sync: { key: ['id'], columns: ['note'] },
    shown: { right: `id || ' ' || note` },
    expected: { right: ['2 7'] },
    refused: ['["1"]'],
  },
  {
    name: 'latest',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, name text, stamp text',
      rows: [
        `insert into $t values (1, 'left', '2024-99-99 00:00:00'), (2, 'left', '12345678901234567890.1')`,
      ],
    },
    right: {
      engine: 'mariadb',
      columns: 'id int primary key, name varchar(50), stamp varchar(50)',
      rows: [
        `insert into $t values (1, 'right', '2024-01-01 00:00:00'), (2, 'right', '12345678901234567890.2')`,
      ],
      later: [`insert into $t values (3, 'good', '')`],
    },
    sync: {
      ...both,
      key: ['id'],
      columns: ['name', 'stamp'],
      conflict: { rule: 'latest', left: 'stamp', right: 'stamp' },
    },
    shown: { left: `id || ' ' || name`, right: `concat(id, ' ', name)` },
    expected: { left: ['1 left', '2 right', '3 good'], right: ['1 left', '2 right', '3 good'] },
    refused: [],
    isLevel: true,
  },
  {
    name: 'swapped',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, name text not null unique deferrable initially deferred',
      rows: [`insert into $t values (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd')`],
      later: [
        `update $t set name = case id when 1 then 'b' when 2 then 'a' when 3 then 'e' else 'c' end`,
        `update $t set id = id + 10 where id in (1, 4)`,
        `update $t set id = 15 - id where id > 4`,
      ],
    },
    right: { engine: 'mariadb', columns: 'id int primary key, name varchar(50) not null unique' },
    sync: { key: ['id'], columns: ['name'] },
    shown: { right: `concat(id, ' ', name)` },
    expected: { right: ['1 c', '2 a', '3 e', '4 b'] },
    refused: [],
    isLevel: true,
  },
  {
    name: 'cycle',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, name text not null unique deferrable initially deferred, code int unique',
      rows: [`insert into $t values (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', null)`],
      later: [
        `update $t set name = case id when 1 then 'b' when 2 then 'c' when 3 then 'a' else name end`,
        `insert into $t values (5, 'good', 5)`,
      ],
    },
    right: {
      engine: 'mariadb',
      columns: 'id int primary key, name varchar(50) not null unique, code int unique',
    },
    sync: { key: ['id'], columns: ['name', 'code'] },
    shown: { right: `concat_ws(' ', id, name, code)` },
    expected: { right: ['1 b 1', '2 c 2', '3 a 3', '4 d', '5 good 5'] },
    refused: [],
    isLevel: true,
  },
  {
    // 'x' and 'X' are one value to the order of the keys, and two to the sync.
    name: 'collated',
    left: {
      engine: 'mariadb',
      columns: 'a varchar(20), b int, name varchar(20), primary key (a, b)',
      rows: [
        `insert into $t values ${pairs(1_100)
          .map((b) => `('${b % 2 === 0 ? 'x' : 'X'}${' '.repeat(b % 3)}', ${b}, 'row')`)
          .join()}`,
      ],
    },
    right: { engine: 'postgres', columns: 'a text, b int, name text, primary key (a, b)' },
    sync: { key: ['a', 'b'], columns: ['name'] },
    shown: { right: `count(*) || ' ' || count(distinct a)` },
    expected: { right: ['1100 6'] },
    refused: [],
    isLevel: true,
  },
  {
    name: 'blanks',
    left: {
      engine: 'postgres',
      columns: 'id text primary key, name text',
      rows: [`insert into $t values ('a', '1'), ('b', '2')`],
      later: [`insert into $t values ('a ', '3'), ('B', '4')`, `update $t set id = 'C' where id = 'b'`],
    },
    right: { engine: 'mariadb', columns: 'id varchar(20) primary key, name varchar(50)' },
    sync: { ...both, key: ['id'], columns: ['name'] },
    shown: { left: `'(' || id || ')' || name`, right: `concat('(', id, ')', name)` },
    expected: { left: ['(B)4', '(C)2', '(a )3', '(a)1'], right: ['(B)4', '(C)2', '(a)1'] },
    refused: ['["a "]'],
  },
  {
    name: 'rounded',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, amount numeric(12, 4), name text',
      rows: [`insert into $t values (1, 1.0051, 'ann'), (2, -0.00004, 'bob')`],
    },
    right: {
      engine: 'mariadb',
      columns: 'id int primary key, amount decimal(12, 2), name varchar(50)',
      more: 'create trigger $t_upper before insert on $t for each row set new.name = upper(new.name)',
    },
    sync: { key: ['id'], columns: ['amount', 'name'] },
    shown: { right: `concat(id, ' ', amount, ' ', name)` },
    expected: { right: ['1 1.01 ANN', '2 0.00 BOB'] },
    refused: [],
    isLevel: true,
  },
  {
    // Together more than is read at once.
    name: 'large',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, body text',
      rows: [`insert into $t select id, repeat('x', 3000000) from generate_series(1, 30) id`],
      later: [`insert into $t values (31, 'good')`],
    },
    right: { engine: 'mariadb', columns: 'id int primary key, body longtext' },
    sync: { key: ['id'], columns: ['body'] },
    shown: { right: `concat(count(*), ' ', sum(char_length(body)))` },
    expected: { right: ['31 90000004'] },
    refused: [],
    isLevel: true,
  },
  {
    name: 'long_keys',
    left: {
      engine: 'mariadb',
      columns: 'id varchar(768) character set utf8mb4 collate utf8mb4_bin primary key, name varchar(50)',
      rows: [`insert into $t values ('${longText(1)}', 'long'), ('short', 'short')`],
      later: [`insert into $t values ('${longText(2)}', 'long'), ('good', 'good')`],
    },
    right: {
      engine: 'mariadb',
      columns: 'id varchar(768) character set utf8mb4 collate utf8mb4_bin primary key, name varchar(50)',
    },
    sync: { key: ['id'], columns: ['name'] },
    shown: { right: `concat(char_length(id), ' ', name)` },
    expected: { right: ['4 good', '5 short', '760 long', '760 long'] },
    refused: [],
    isLevel: true,
  },
  {
    name: 'odd_times',
    left: {
      engine: 'postgres',
      columns: 'id int primary key, at timestamp, day date, amount double precision',
      rows: [
        `insert into $t values (1, 'infinity', null, 0), (2, '0044-03-15 00:00:00 BC', null, 0), (3, '10000-01-01', null, 0),
         (4, null, '-infinity', 0), (5, null, null, 'NaN'), (6, null, null, '-0'), (7, '9999-12-31 23:59:59.999999', '0001-01-01', 1e300)`,
      ],
      later: [`insert into $t values (8, null, null, '-Infinity'), (9, '2024-02-29', '2024-02-29', 0.1)`],
    },
    right: { engine: 'mariadb', columns: 'id int primary key, at datetime(6), day date, amount double' },
    sync: { key: ['id'], columns: ['at', 'day', 'amount'] },
    shown: { right: `concat_ws(' ', id, at, day, abs(amount))` },
    expected: {
      right: [
        '6 0',
        '7 9999-12-31 23:59:59.999999 0001-01-01 1e300',
        '9 2024-02-29 00:00:00.000000 2024-02-29 0.1',
      ],
    },
    refused: ['["1"]', '["2"]', '["3"]', '["4"]', '["5"]', '["8"]'],
  },
  {
    name: 'zero_dates',
    left: {
      engine: 'mariadb',
      columns: 'id int primary key, at datetime, day date, huge bigint unsigned, sure decimal(38, 0)',
      rows: [
        `set sql_mode = ''`,
        `insert into $t values (1, '0000-00-00 00:00:00', null, 0, 0), (2, null, '2024-00-10', 0, 0), (3, null, null, 18446744073709551615, 0)`,
        `insert into $t values (4, null, null, 0, 99999999999999999999999999999999999999)`,
      ],
      later: [
        `insert into $t values (5, '0000-00-00 00:00:00', '0000-00-00', 9223372036854775807, -99999999999999999999999999999999999999)`,
        `insert into $t values (6, '1000-01-01 00:00:00', '9999-12-31', 9223372036854775807, 1)`,
      ],
    },
    right: {
      engine: 'postgres',
      columns: 'id int primary key, at timestamp, day date, huge bigint, sure numeric(38)',
    },
    sync: { ...both, key: ['id'], columns: ['at', 'day', 'huge', 'sure'] },
    shown: { left: 'id', right: `concat_ws(' ', id, at, day, huge, sure)` },
    expected: {
      left: ['1', '2', '3', '4', '5', '6'],
      right: [
        '4 0 99999999999999999999999999999999999999',
        '6 1000-01-01 00:00:00 9999-12-31 9223372036854775807 1',
      ],
    },
    refused: ['["1"]', '["2"]', '["3"]', '["5"]'],
  },
];
