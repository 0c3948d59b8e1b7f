import type { Write } from '../cases/live/case.ts';
import type { Dice } from './dice.ts';

/** Tables of the random writes. Deleting a person deletes its tasks, which MariaDB reports to no reader of its log. */
export const tables = [
  'create table rl_people (id integer primary key, team integer not null, name varchar(20), points integer)',
  `create table rl_tasks (id integer primary key, person_id integer, title varchar(20) not null, done integer not null,
    foreign key (person_id) references rl_people (id) on delete cascade)`,
];

const teams = 3;
const people = 8;
const tasks = 20;
const names = ['Ann', 'ann', 'Bo', 'Öl', '', 'x y'];

/** Subscriptions, each with the role that asks. Those of `user` see only their team. */
export interface Watched {
  readonly fields: string;
  readonly as?: Readonly<Record<string, string>>;
}

export const watched: readonly Watched[] = [
  { fields: '{ rl_people(order_by: {id: asc}) { id team name points } }' },
  ...[1, 2, 3].map((team) => ({
    fields: `{ rl_people(where: {team: {_eq: ${team}}}, order_by: {id: asc}) { id name } }`,
  })),
  { fields: '{ rl_people_by_pk(id: 2) { id name rl_tasks(order_by: {id: asc}) { title done } } }' },
  { fields: '{ rl_people_aggregate(where: {points: {_gt: 2}}) { aggregate { count sum { points } } } }' },
  { fields: '{ rl_tasks(where: {person_id: {_eq: 3}}, order_by: {id: asc}) { id done } }' },
  {
    fields: '{ rl_tasks(order_by: [{title: asc}, {id: desc}], limit: 4) { id person { name } } }',
  },
  { fields: '{ rl_people(where: {rl_tasks: {done: {_eq: 1}}}, order_by: {id: asc}) { id } }' },
  {
    fields:
      '{ rl_people(order_by: {id: asc}) { id rl_tasks_aggregate { aggregate { count max { title } } } } }',
  },
  ...['1', '2'].flatMap((team) =>
    [
      '{ rl_tasks(order_by: {id: asc}) { id title } }',
      '{ rl_people_aggregate { aggregate { count sum { points } } } }',
    ].map((fields) => ({ fields, as: { 'x-foz-role': 'user', 'x-foz-team': team } })),
  ),
];

/** Permissions of the role `user`. */
export const metadata = (source: string) => ({
  tables: [
    {
      source,
      table: 'rl_people',
      select_permissions: [
        {
          role: 'user',
          permission: { columns: '*', filter: { team: { _eq: 'X-Foz-Team' } }, allow_aggregations: true },
        },
      ],
    },
    {
      source,
      table: 'rl_tasks',
      select_permissions: [
        {
          role: 'user',
          permission: { columns: '*', filter: { person: { team: { _eq: 'X-Foz-Team' } } } },
        },
      ],
    },
  ],
});

/** Random writes: single statements, transactions that commit or roll back, and mutations. */
export class RandomWriter {
  readonly #dice: Dice;

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** The next write. Several SQL statements are one transaction. */
  next(): Write | { readonly transaction: readonly string[]; readonly end: 'commit' | 'rollback' } {
    const dice = this.#dice;
    if (dice.chance(25)) return { mutation: this.#mutation() };
    if (dice.chance(70)) return { sql: this.#statement() };
    return {
      transaction: Array.from({ length: 2 + dice.whole(4) }, () => this.#statement()),
      end: dice.chance(70) ? 'commit' : 'rollback',
    };
  }

  #statement(): string {
    const dice = this.#dice;
    const person = 1 + dice.whole(people);
    const task = 1 + dice.whole(tasks);
    switch (dice.whole(9)) {
      case 0:
        return `delete from rl_people where id = ${person}`;
      case 1:
        return `update rl_people set team = ${1 + dice.whole(teams)} where id = ${person}`;
      case 2:
        return `update rl_people set name = ${dice.chance(20) ? 'null' : `'${dice.pick(names)}'`}, points = ${dice.whole(6)} where id = ${person}`;
      case 3:
        return `update rl_tasks set done = ${dice.whole(2)} where id >= ${task}`;
      case 4:
        return `delete from rl_tasks where id = ${task}`;
      case 5:
        return `update rl_tasks set person_id = (select min(id) from rl_people where id >= ${person}) where id = ${task}`;
      case 6:
      case 7:
        return `insert into rl_tasks select ${task}, (select max(id) from rl_people where id <= ${person}), 'task ${dice.whole(5)}', 0
          from (select 1 as one) o where not exists (select 1 from (select id from rl_tasks) t where t.id = ${task})`;
      default:
        return `insert into rl_people select ${person}, ${1 + dice.whole(teams)}, '${dice.pick(names)}', ${dice.whole(6)}
          from (select 1 as one) o where not exists (select 1 from (select id from rl_people) p where p.id = ${person})`;
    }
  }

  #mutation(): string {
    const dice = this.#dice;
    const person = 1 + dice.whole(people);
    switch (dice.whole(3)) {
      case 0:
        return `mutation { update_rl_people(where: {id: {_eq: ${person}}}, _set: {points: ${dice.whole(6)}}) { affected_rows } }`;
      case 1:
        return `mutation { delete_rl_tasks(where: {person_id: {_eq: ${person}}}) { affected_rows } }`;
      default:
        return `mutation { insert_rl_people_one(object: {id: ${person}, team: ${1 + dice.whole(teams)}, name: "${dice.pick(names)}", points: ${dice.whole(6)}},
          on_conflict: {constraint: rl_people_pkey, update_columns: [team, name]}) { id } }`;
    }
  }
}
