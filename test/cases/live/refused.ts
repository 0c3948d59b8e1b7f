import { type RefusedCase, role } from './case.ts';

const teammate = role('teammate', { 'user-id': 1 });
const noField = (name: string) => `Cannot query field "${name}"`;

/** Subscriptions that must not start. */
export const refused: readonly RefusedCase[] = [
  {
    name: 'a hidden column',
    as: teammate,
    query: 'subscription { live_people { city } }',
    message: noField('city'),
  },
  {
    name: 'a condition on a hidden column',
    as: teammate,
    query: 'subscription { live_people(where: {city: {_eq: "oslo"}}) { id } }',
    message: 'city',
  },
  {
    name: 'an order by a hidden column',
    as: teammate,
    query: 'subscription { live_people(order_by: {city: asc}) { id } }',
    message: 'city',
  },
  {
    name: 'a hidden column in distinct_on',
    as: teammate,
    query: 'subscription { live_people(distinct_on: [city]) { id } }',
    message: 'city',
  },
  {
    name: 'a hidden column in an aggregate',
    as: teammate,
    query: 'subscription { live_people_aggregate { aggregate { max { city } } } }',
    message: noField('city'),
  },
  {
    name: 'a hidden column as a key of groups',
    as: teammate,
    query:
      'subscription { live_people_aggregate { group_by(keys: [{column: city}]) { aggregate { count } } } }',
    message: 'city',
  },
  {
    name: 'a hidden column as the cursor of a stream',
    as: teammate,
    query:
      'subscription { live_people_stream(batch_size: 1, cursor: [{initial_value: {city: "a"}}]) { id } }',
    message: 'city',
  },
  {
    name: 'a hidden column in the condition of a stream',
    as: teammate,
    query:
      'subscription { live_people_stream(batch_size: 1, cursor: [{initial_value: {id: 0}}], where: {city: {_eq: "a"}}) { id } }',
    message: 'city',
  },
  {
    name: 'a table without a permission',
    as: teammate,
    query: 'subscription { live_tags { id } }',
    message: noField('live_tags'),
  },
  {
    name: 'a stream of a table without a permission',
    as: teammate,
    query: 'subscription { live_tags_stream(batch_size: 1, cursor: [{initial_value: {id: 0}}]) { id } }',
    message: noField('live_tags_stream'),
  },
  {
    name: 'the changes of a table without a permission',
    as: teammate,
    query: 'subscription { live_tags_changes { op } }',
    message: noField('live_tags_changes'),
  },
  {
    name: 'a relationship to a table without a permission',
    as: role('writer', { 'user-id': 1 }),
    query: 'subscription { live_books { author { name } } }',
    message: noField('author'),
  },
  {
    name: 'a condition on a table without a permission',
    as: role('writer', { 'user-id': 1 }),
    query: 'subscription { live_books(where: {author: {name: {_eq: "a"}}}) { id } }',
    message: 'author',
  },
  {
    name: 'a relationship to the other source without a permission there',
    as: teammate,
    query: 'subscription { live_people { tickets { subject } } }',
    message: noField('tickets'),
  },
  {
    name: 'an aggregate without the right to aggregate',
    as: role('staff', { 'user-id': 1 }),
    query: 'subscription { live_people_aggregate { aggregate { count } } }',
    message: noField('live_people_aggregate'),
  },
  {
    name: 'a list where only the row by its key may be subscribed to',
    as: role('keyed'),
    query: 'subscription { live_people { id } }',
    message: noField('live_people'),
  },
  {
    name: 'a stream where only the row by its key may be subscribed to',
    as: role('keyed'),
    query: 'subscription { live_people_stream(batch_size: 1, cursor: [{initial_value: {id: 0}}]) { id } }',
    message: noField('live_people_stream'),
  },
  {
    name: 'a row by its key where only lists may be subscribed to',
    as: role('listing'),
    query: 'subscription { live_people_by_pk(id: 1) { id } }',
    message: noField('live_people_by_pk'),
  },
  {
    name: 'the changes where only lists may be subscribed to',
    as: role('listing'),
    query: 'subscription { live_people_changes { op } }',
    message: noField('live_people_changes'),
  },
  {
    name: 'a connection where only lists may be subscribed to',
    as: role('listing'),
    query: 'subscription { live_people_connection(first: 1) { totalCount } }',
    message: noField('live_people_connection'),
  },
  {
    name: 'anything where nothing may be subscribed to',
    as: role('mute'),
    query: 'subscription { live_people { id } }',
    message: 'no subscription',
  },
  {
    name: 'a role that has no permission at all',
    as: role('nobody'),
    query: 'subscription { live_people { id } }',
    message: 'no',
  },
  {
    name: 'a session without the variable of the filter',
    as: role('teammate'),
    query: 'subscription { live_people { id } }',
    message: 'user-id',
  },
  {
    name: 'a session whose variable is no value of the column',
    as: role('teammate', { 'user-id': 'one' }),
    query: 'subscription { live_people { id } }',
    message: 'user-id',
  },
  {
    name: 'a write',
    query: 'subscription { insert_live_tags_one(object: {id: 1, label: "x"}) { id } }',
    message: noField('insert_live_tags_one'),
  },
  {
    name: 'two fields',
    query: 'subscription { live_people { id } live_tags { id } }',
    message: 'only one top level field',
  },
  {
    name: 'deeper than the role may ask',
    as: role('brief'),
    query: 'subscription { live_people { boss { boss { id } } } }',
    message: 'levels deep',
  },
  {
    name: 'more rows than the cost of the role allows',
    as: role('brief'),
    query: 'subscription { live_people(limit: 100000) { id } }',
    message: 'at most 1000 are allowed',
  },
  {
    name: 'a stream with a batch of nothing',
    query: 'subscription { live_people_stream(batch_size: 0, cursor: [{initial_value: {id: 0}}]) { id } }',
    message: 'at least 1',
  },
  {
    name: 'a stream without a cursor',
    query: 'subscription { live_people_stream(batch_size: 1, cursor: []) { id } }',
    message: 'cursor',
  },
  {
    name: 'an operation that is not on the list of the role',
    as: role('listed'),
    query: 'subscription { live_people { id } }',
    message: 'not among those that the role may ask for',
  },
];
