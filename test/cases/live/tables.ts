import type { Metadata } from '../../../src/catalog/index.ts';
import type { Engine } from '../../support/engines.ts';

/** Tables of the cases. Each case has rows of its own, so that they can run at the same time. */
const common = [
  'create table live_authors (id integer primary key, name varchar(40) not null, country varchar(2))',
  `create table live_books (id integer primary key, author_id integer not null, title varchar(40) not null, pages integer not null,
    foreign key (author_id) references live_authors (id) on delete cascade)`,
  `create table live_people (id integer primary key, boss_id integer, team integer not null, name varchar(40) not null, points integer,
    city varchar(20), foreign key (boss_id) references live_people (id))`,
  'create table live_tags (id integer primary key, label varchar(20) not null)',
  `create table live_people_tags (person_id integer not null, tag_id integer not null, primary key (person_id, tag_id),
    foreign key (person_id) references live_people (id), foreign key (tag_id) references live_tags (id))`,
  'create table live_sales (id integer primary key, item varchar(20) not null, amount integer not null)',
  'create table live_sums (item varchar(20) primary key, total integer not null)',
  'create table live_named (key_no integer primary key, long_label varchar(40))',
  'create table live_gone (id integer primary key, label varchar(20))',
  'create table live_altered (id integer primary key, label varchar(20))',
  'create table live_visits (page varchar(20) not null, seconds integer)',
  'create view live_long_books as select id, author_id, title from live_books where pages > 100',
];

/** A trigger that adds each sale to the sum of its item. */
const addSale = 'update live_sums set total = total + new.amount where item = new.item';
const row = `create trigger live_add_sale after insert on live_sales for each row`;
const byFunction = [
  `create function live_add_sale() returns trigger language plpgsql as $$ begin ${addSale}; return null; end $$`,
  `${row} execute function live_add_sale()`,
];
const trigger: Readonly<Record<Engine, readonly string[]>> = {
  postgres: byFunction,
  kingbase: byFunction,
  pglite: byFunction,
  mysql: [`${row} ${addSale}`],
  mariadb: [`${row} ${addSale}`],
  mssql: [
    `exec('create trigger live_add_sale on live_sales after insert as set nocount on; update s set total = s.total + n.amount from live_sums s join inserted n on n.item = s.item')`,
  ],
  sqlite: [`${row} begin ${addSale}; end`],
};

export const tablesOf = (engine: Engine): readonly string[] => [...common, ...trigger[engine]];

/** The tables with a key: those that a publication or an outbox can have. `live_visits` is polled, as the view is. */
export const followed = [
  ...[
    'live_authors',
    'live_books',
    'live_people',
    'live_tags',
    'live_people_tags',
    'live_sales',
    'live_sums',
  ],
  ...['live_named', 'live_gone', 'live_altered', 'every_type', 'group'],
] as const;

/** Tables of the other source. */
export const deskTables = [
  'create table live_tickets (id integer primary key, person_id integer, subject varchar(40) not null, is_open integer not null)',
];

const own = (column: string) => ({ [column]: { _eq: 'X-Foz-User-Id' } });
const visible = ['id', 'team', 'name', 'points'];

const people = (source: string): NonNullable<Metadata['tables']>[number] => ({
  source,
  table: 'live_people',
  remote_relationships: [
    {
      name: 'tickets',
      definition: {
        to_source: {
          source: 'desk',
          table: 'live_tickets',
          relationship_type: 'array',
          field_mapping: { id: 'person_id' },
        },
      },
    },
  ],
  select_permissions: [
    { role: 'teammate', permission: { columns: visible, filter: own('team'), allow_aggregations: true } },
    {
      role: 'masked',
      permission: { columns: '*', filter: {}, masks: { city: own('id') }, allow_aggregations: true },
    },
    { role: 'staff', permission: { columns: visible, filter: { boss: own('team') } } },
    { role: 'top', permission: { columns: visible, filter: own('team'), limit: 2 } },
    { role: 'helped', permission: { columns: visible, filter: { tickets: { is_open: { _eq: 1 } } } } },
    {
      role: 'keyed',
      permission: { columns: visible, filter: {}, subscription_root_fields: ['select_by_pk'] },
    },
    { role: 'listing', permission: { columns: visible, filter: {}, subscription_root_fields: ['select'] } },
    { role: 'mute', permission: { columns: visible, filter: {}, subscription_root_fields: [] } },
    { role: 'brief', permission: { columns: visible, filter: {} } },
    { role: 'visitor', permission: { columns: ['id', 'name'], filter: { city: { _eq: 'public' } } } },
    { role: 'clerk', permission: { columns: visible, filter: own('team') } },
    { role: 'changing', permission: { columns: visible, filter: own('team') } },
  ],
  update_permissions: [
    { role: 'teammate', permission: { columns: ['name'], filter: own('team') } },
    { role: 'clerk', permission: { columns: ['name'], filter: own('team') } },
  ],
});

/** Permissions and names. `source`: the database under test; the other one is `desk`. */
export const metadataOf = (source: string): Metadata => ({
  inherited_roles: [{ role_name: 'both', role_set: ['teammate', 'staff'] }],
  tables: [
    {
      source,
      table: 'live_books',
      select_permissions: [
        { role: 'writer', permission: { columns: ['id', 'title'], filter: own('author_id') } },
        {
          role: 'german',
          permission: { columns: ['id', 'title'], filter: { author: { country: { _eq: 'DE' } } } },
        },
        { role: 'short', permission: { columns: ['id', 'title'], filter: { pages: { _lt: 50 } } } },
      ],
    },
    {
      source,
      table: 'live_authors',
      select_permissions: [{ role: 'short', permission: { columns: ['id', 'name'], filter: {} } }],
    },
    people(source),
    {
      source,
      table: 'live_named',
      configuration: {
        custom_name: 'Label',
        custom_root_fields: { select: 'labels', select_by_pk: 'one_label', select_stream: 'new_labels' },
        column_config: { long_label: { custom_name: 'text' }, key_no: { custom_name: 'number' } },
      },
    },
    {
      source: 'desk',
      table: 'live_tickets',
      select_permissions: [
        { role: 'agent', permission: { columns: ['id', 'subject'], filter: { is_open: { _eq: 1 } } } },
      ],
      remote_relationships: [
        {
          name: 'person',
          definition: {
            to_source: {
              source,
              table: 'live_people',
              relationship_type: 'object',
              field_mapping: { person_id: 'id' },
            },
          },
        },
      ],
    },
  ],
});
