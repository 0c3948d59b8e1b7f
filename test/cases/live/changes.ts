import type { Write } from './case.ts';

/** Writes, and the changes that a subscriber of `<table>_changes` gets after them: its selected fields, in order. */
export interface ChangesCase {
  readonly name: string;
  /** The role and its session variables; absent: an admin. */
  readonly as?: Readonly<Record<string, string>>;
  readonly query: string;
  readonly variables?: object;
  readonly writes: readonly Write[];
  /** All changes that the subscriber gets. The last write makes the last of them, so that a change too many is noticed. */
  readonly sent: readonly unknown[];
}

const sql = (text: string): Write => ({ sql: text });
const mutation = (text: string): Write => ({ mutation: text });

/** Tables of the cases. On PostgreSQL the replica identity of `change_notes` is its key. */
export const tables = [
  'create table change_teams (id integer primary key, name varchar(40) not null, plan varchar(10) not null)',
  `create table change_tasks (id integer primary key, team_id integer not null, owner_id integer, title varchar(40) not null,
    secret varchar(40), points decimal(10, 2), foreign key (team_id) references change_teams (id))`,
  'create table change_notes (id integer primary key, owner_id integer not null, body varchar(40))',
  'create table change_unpublished (id integer primary key)',
];

export const fixture: readonly Write[] = [
  sql(`insert into change_teams values (1, 'one', 'paid'), (2, 'two', 'free')`),
];

const member = (id: number) => ({ 'x-foz-role': 'member', 'x-foz-user-id': String(id) });

/** A task of a team, with the number of the case in its id. */
const task = (id: number, owner: number, title: string, team = 1) =>
  sql(
    `insert into change_tasks (id, team_id, owner_id, title, secret, points) values (${id}, ${team}, ${owner}, '${title}', 's${id}', 1.50)`,
  );
const update = (id: number, set: string) => sql(`update change_tasks set ${set} where id = ${id}`);
const remove = (id: number) => sql(`delete from change_tasks where id = ${id}`);
const tasks = (low: number, fields: string, more = '') =>
  `subscription { change_tasks_changes(where: {id: {_gte: ${low}, _lt: ${low + 100}}}${more}) { ${fields} } }`;
const all = 'op old { id title } new { id title }';
const row = (id: number, title: string) => ({ id, title });

export const allowed: readonly ChangesCase[] = [
  {
    name: 'a row is inserted, updated and deleted',
    query: tasks(1000, all),
    writes: [task(1001, 5, 'a'), update(1001, `title = 'b'`), remove(1001)],
    sent: [
      { op: 'insert', old: null, new: row(1001, 'a') },
      { op: 'update', old: row(1001, 'a'), new: row(1001, 'b') },
      { op: 'delete', old: row(1001, 'b'), new: null },
    ],
  },
  {
    name: 'writes through Foz are sent once',
    query: tasks(1100, all),
    writes: [
      mutation(`mutation { insert_change_tasks_one(object: {id: 1101, team_id: 1, title: "a"}) { id } }`),
      mutation(`mutation { update_change_tasks_by_pk(pk_columns: {id: 1101}, _set: {title: "b"}) { id } }`),
      mutation('mutation { delete_change_tasks_by_pk(id: 1101) { id } }'),
    ],
    sent: [
      { op: 'insert', old: null, new: row(1101, 'a') },
      { op: 'update', old: row(1101, 'a'), new: row(1101, 'b') },
      { op: 'delete', old: row(1101, 'b'), new: null },
    ],
  },
  {
    name: 'several rows of one statement',
    query: tasks(1200, 'op new { id }'),
    writes: [
      sql(
        `insert into change_tasks (id, team_id, title) values (1201, 1, 'a'), (1202, 1, 'b'), (1203, 1, 'c')`,
      ),
      sql('update change_tasks set points = 2 where id between 1202 and 1203'),
    ],
    sent: [
      { op: 'insert', new: { id: 1201 } },
      { op: 'insert', new: { id: 1202 } },
      { op: 'insert', new: { id: 1203 } },
      { op: 'update', new: { id: 1202 } },
      { op: 'update', new: { id: 1203 } },
    ],
  },
  {
    name: 'a key that changes',
    query: tasks(1300, all),
    writes: [task(1301, 5, 'a'), update(1301, 'id = 1302')],
    sent: [
      { op: 'insert', old: null, new: row(1301, 'a') },
      { op: 'update', old: row(1301, 'a'), new: row(1302, 'a') },
    ],
  },
  {
    name: 'ops: only some kinds of changes',
    query: tasks(1400, 'op old { id }', ', ops: [delete]'),
    writes: [task(1401, 5, 'a'), update(1401, `title = 'b'`), remove(1401)],
    sent: [{ op: 'delete', old: { id: 1401 } }],
  },
  {
    name: 'a row that starts to pass the condition, and stops passing it',
    query: `subscription ($title: String!) { change_tasks_changes(where: {id: {_gte: 1500, _lt: 1600}, title: {_eq: $title}}) { ${all} } }`,
    variables: { title: 'wanted' },
    writes: [
      task(1501, 5, 'other'),
      update(1501, `title = 'wanted'`),
      update(1501, 'points = 7'),
      update(1501, `title = 'other'`),
      remove(1501),
      task(1502, 5, 'wanted'),
    ],
    sent: [
      { op: 'insert', old: null, new: row(1501, 'wanted') },
      { op: 'update', old: row(1501, 'wanted'), new: row(1501, 'wanted') },
      { op: 'delete', old: { id: 1501, title: null }, new: null },
      { op: 'insert', old: null, new: row(1502, 'wanted') },
    ],
  },
  {
    name: 'aliases, fragments and other columns of each image',
    query: `subscription { c: change_tasks_changes(where: {id: {_gte: 1600, _lt: 1700}}) { __typename what: op before: old { t: title }
      ... on change_tasks_change { after: new { ...Row } source } } } fragment Row on change_tasks_change_row { __typename id points }`,
    writes: [task(1601, 5, 'a'), update(1601, `title = 'b', points = 12345678.90`)],
    sent: [
      {
        __typename: 'change_tasks_change',
        what: 'insert',
        before: null,
        after: { __typename: 'change_tasks_change_row', id: 1601, points: '1.50' },
        source: 'shop',
      },
      {
        __typename: 'change_tasks_change',
        what: 'update',
        before: { t: 'a' },
        after: { __typename: 'change_tasks_change_row', id: 1601, points: '12345678.90' },
        source: 'shop',
      },
    ],
  },
  {
    name: 'a condition on a related table is checked against its present rows',
    query: `subscription { change_tasks_changes(where: {id: {_gte: 1700, _lt: 1800}, team: {plan: {_eq: "paid"}}}) { op new { id } } }`,
    writes: [task(1701, 5, 'free', 2), task(1702, 5, 'paid', 1)],
    sent: [{ op: 'insert', new: { id: 1702 } }],
  },
  {
    name: 'a role gets the changes of its rows',
    as: member(18),
    query: tasks(1800, all),
    writes: [task(1801, 18, 'mine'), update(1801, `title = 'still mine'`), remove(1801)],
    sent: [
      { op: 'insert', old: null, new: row(1801, 'mine') },
      { op: 'update', old: row(1801, 'mine'), new: row(1801, 'still mine') },
      { op: 'delete', old: row(1801, 'still mine'), new: null },
    ],
  },
  {
    name: 'a row that becomes visible to a role is inserted',
    as: member(19),
    query: tasks(1900, all),
    writes: [task(1901, 5, 'theirs'), update(1901, `owner_id = 19, title = 'mine'`)],
    sent: [{ op: 'insert', old: null, new: row(1901, 'mine') }],
  },
  {
    name: 'NULL in a column, and text that needs escaping',
    query: tasks(2000, 'old { owner_id title } new { owner_id title }'),
    writes: [
      sql(`insert into change_tasks (id, team_id, title) values (2001, 1, 'a "b" ''c'' \u00e9\u{1F600}')`),
      update(2001, 'owner_id = 3'),
    ],
    sent: [
      { old: null, new: { owner_id: null, title: 'a "b" \'c\' \u00e9\u{1F600}' } },
      {
        old: { owner_id: null, title: 'a "b" \'c\' \u00e9\u{1F600}' },
        new: { owner_id: 3, title: 'a "b" \'c\' \u00e9\u{1F600}' },
      },
    ],
  },
  {
    name: 'more changes than one answer holds',
    query: tasks(2100, 'new { id }', ', batch_size: 2'),
    writes: [
      sql(
        `insert into change_tasks (id, team_id, title) values (2101, 1, 'a'), (2102, 1, 'b'), (2103, 1, 'c'), (2104, 1, 'd'), (2105, 1, 'e')`,
      ),
    ],
    sent: [2101, 2102, 2103, 2104, 2105].map((id) => ({ new: { id } })),
  },
  {
    name: 'a table whose replica identity is its key',
    query: 'subscription { change_notes_changes(where: {id: {_lt: 100}}) { op old { id } new { id body } } }',
    writes: [
      sql(`insert into change_notes values (1, 5, 'a')`),
      sql(`update change_notes set body = 'b' where id = 1`),
      sql('update change_notes set id = 2 where id = 1'),
      sql('delete from change_notes where id = 2'),
    ],
    sent: [
      { op: 'insert', old: null, new: { id: 1, body: 'a' } },
      { op: 'update', old: { id: 1 }, new: { id: 1, body: 'b' } },
      { op: 'update', old: { id: 1 }, new: { id: 2, body: 'b' } },
      { op: 'delete', old: { id: 2 }, new: null },
    ],
  },
];

const mine = (id: number, owner: number) => task(id, owner, 'mine');
const seen = (id: number) => ({ op: 'insert', old: null, new: row(id, 'mine') });

export const denied: readonly ChangesCase[] = [
  {
    name: 'hidden: rows of others',
    as: member(30),
    query: tasks(3000, all),
    writes: [task(3001, 5, 'theirs'), update(3001, `title = 'still theirs'`), remove(3001), mine(3002, 30)],
    sent: [seen(3002)],
  },
  {
    name: 'a row that becomes invisible is deleted, with its key and no other values',
    as: member(31),
    query: tasks(3100, 'op old { id title points } new { id title }'),
    writes: [mine(3101, 31), update(3101, `owner_id = 5, title = 'theirs'`), update(3101, `title = 'more'`)],
    sent: [
      { op: 'insert', old: null, new: row(3101, 'mine') },
      { op: 'delete', old: { id: 3101, title: null, points: null }, new: null },
    ],
  },
  {
    name: 'hidden: the values of a row before it became visible',
    as: member(32),
    query: tasks(3200, all),
    writes: [task(3201, 5, 'not to be seen'), update(3201, `owner_id = 32, title = 'mine'`)],
    sent: [seen(3201)],
  },
  {
    name: 'hidden: the deletion of a row that became invisible before',
    as: member(33),
    query: tasks(3300, 'op old { id }'),
    writes: [mine(3301, 33), update(3301, 'owner_id = 5'), remove(3301), mine(3302, 33)],
    sent: [
      { op: 'insert', old: null },
      { op: 'delete', old: { id: 3301 } },
      { op: 'insert', old: null },
    ],
  },
  {
    name: 'hidden: a masked value in either image',
    as: { 'x-foz-role': 'masked', 'x-foz-user-id': '34' },
    query: tasks(3400, 'op old { id secret } new { id secret }'),
    writes: [
      task(3401, 34, 'a'),
      update(3401, 'owner_id = 5'),
      update(3401, `secret = 'new'`),
      update(3401, 'owner_id = 34'),
    ],
    sent: [
      { op: 'insert', old: null, new: { id: 3401, secret: 's3401' } },
      { op: 'update', old: { id: 3401, secret: 's3401' }, new: { id: 3401, secret: null } },
      { op: 'update', old: { id: 3401, secret: null }, new: { id: 3401, secret: 'new' } },
    ],
  },
  {
    name: 'hidden: an update of a hidden value alone',
    as: member(35),
    query: tasks(3500, 'op new { id }'),
    writes: [mine(3501, 35), update(3501, `secret = 'other'`), update(3501, `title = 'other'`)],
    sent: [
      { op: 'insert', new: { id: 3501 } },
      { op: 'update', new: { id: 3501 } },
    ],
  },
  {
    name: 'a condition on a masked value does not reveal it',
    as: { 'x-foz-role': 'masked', 'x-foz-user-id': '36' },
    query: `subscription { change_tasks_changes(where: {id: {_gte: 3600, _lt: 3700}, secret: {_eq: "x"}}) { op new { id } } }`,
    writes: [
      sql(
        `insert into change_tasks (id, team_id, owner_id, title, secret) values (3601, 1, 5, 'a', 'x'), (3602, 1, 36, 'b', 'x')`,
      ),
    ],
    sent: [{ op: 'insert', new: { id: 3602 } }],
  },
  {
    name: 'hidden: rows whose related row does not pass the filter',
    as: { 'x-foz-role': 'paying' },
    query: tasks(3700, 'op old { id } new { id }'),
    writes: [
      task(3701, 5, 'free', 2),
      task(3702, 5, 'paid', 1),
      update(3702, 'team_id = 2'),
      update(3701, 'team_id = 1'),
    ],
    sent: [
      { op: 'insert', old: null, new: { id: 3702 } },
      { op: 'delete', old: { id: 3702 }, new: null },
      { op: 'insert', old: null, new: { id: 3701 } },
    ],
  },
  {
    name: 'hidden: rows of another user of the same role',
    as: member(38),
    query: tasks(3800, 'op new { id }'),
    writes: [mine(3801, 39), mine(3802, 3), mine(3803, 38)],
    sent: [{ op: 'insert', new: { id: 3803 } }],
  },
  {
    name: 'ops: a row that becomes invisible counts as deleted',
    as: member(40),
    query: tasks(4000, 'op old { id }', ', ops: [delete]'),
    writes: [mine(4001, 40), update(4001, 'owner_id = 5'), mine(4002, 40), remove(4002)],
    sent: [
      { op: 'delete', old: { id: 4001 } },
      { op: 'delete', old: { id: 4002 } },
    ],
  },
  {
    name: 'ops: a row that becomes visible counts as inserted',
    as: member(41),
    query: tasks(4100, 'op new { id }', ', ops: [update]'),
    writes: [task(4101, 5, 'a'), update(4101, 'owner_id = 41'), update(4101, `title = 'b'`)],
    sent: [{ op: 'update', new: { id: 4101 } }],
  },
];

/** Subscriptions that are refused, each with a part of the message. */
export const refused: readonly {
  readonly name: string;
  readonly as?: ChangesCase['as'];
  readonly query: string;
  readonly message: string;
  /** The one engine that has to refuse it. */
  readonly only?: string;
}[] = [
  {
    name: 'a column that the role may not read',
    as: member(50),
    query: 'subscription { change_tasks_changes { new { secret } } }',
    message: 'Cannot query field "secret"',
  },
  {
    name: 'a condition on a column that the role may not read',
    as: member(50),
    query: 'subscription { change_tasks_changes(where: {secret: {_eq: "x"}}) { op } }',
    message: 'secret',
  },
  {
    name: 'a role whose subscription_root_fields leave it out',
    as: { 'x-foz-role': 'watching' },
    query: 'subscription { change_tasks_changes { op } }',
    message: 'Cannot query field "change_tasks_changes"',
  },
  {
    name: 'a query',
    query: 'query { change_tasks_changes { op } }',
    message: 'Cannot query field "change_tasks_changes"',
  },
  {
    name: 'another field beside it',
    query: 'subscription { change_tasks_changes { op } change_teams { id } }',
    message: 'only one top level field',
  },
  {
    name: 'a relationship in an image',
    query: 'subscription { change_tasks_changes { new { team { id } } } }',
    message: 'Cannot query field "team"',
  },
  {
    name: 'an invalid position',
    query: 'subscription { change_tasks_changes(after: "yesterday") { op } }',
    message: 'not a position',
  },
  {
    name: 'a position that is no longer kept',
    query: 'subscription { change_tasks_changes(after: "WyJyZXBsaWNhdGlvbiIsIjAiLDBd") { op } }',
    message: 'not kept any more',
  },
  {
    name: 'a batch size of 0',
    query: 'subscription { change_tasks_changes(batch_size: 0) { op } }',
    message: 'at least 1',
  },
  {
    name: 'a session without the variable of the filter',
    as: { 'x-foz-role': 'member' },
    query: 'subscription { change_tasks_changes { op } }',
    message: 'user-id',
  },
  {
    name: 'a filter that needs more of the row before than its key',
    as: member(50),
    query: 'subscription { change_notes_changes { op } }',
    message: 'REPLICA IDENTITY FULL',
    only: 'postgres',
  },
  {
    name: 'a condition that needs more of the row before than its key',
    query: 'subscription { change_notes_changes(where: {body: {_eq: "x"}}) { op } }',
    message: 'REPLICA IDENTITY FULL',
    only: 'postgres',
  },
  {
    name: 'a table that is not published',
    query: 'subscription { change_unpublished_changes { op } }',
    message: 'foz changes setup',
    only: 'postgres',
  },
];
