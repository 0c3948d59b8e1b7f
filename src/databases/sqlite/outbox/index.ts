import type { ChangeStream, FollowOptions } from '../../../plan/index.ts';
import {
  type Driver,
  type OutboxStatements,
  OutboxStream,
  type Ownership,
  outboxName,
  readsName,
} from '../../../sql/index.ts';
import { ReplacedRows } from './decoder.ts';

export { outboxLeft, outboxOffer } from './offer.ts';

const plain = (text: string) => ({ text, slots: [] });
const removal = plain(`delete from ${outboxName} where id in (
  select o.id from json_each('[' || ?1 || ']') f join json_each('[' || ?2 || ']') l on l.key = f.key
    cross join ${outboxName} o where o.id between f.value and l.value)`);

const statements: OutboxStatements = {
  // The rows that a write replaces and the written row belong together, and ids are in the order of the commits.
  visible: plain(`select min(id), max(id) from (
    select id, id - row_number() over (order by id) as island from ${outboxName} where id <= coalesce((
      select id from ${outboxName} where op <> 'replaced'
        and id >= (select id from ${outboxName} order by id limit 1 offset cast(?1 as integer) - 1) order by id limit 1
    ), ${2n ** 63n - 1n})) group by island order by 1`),
  reads: plain(`select number, ids from ${readsName} order by number`),
  record: plain(`insert into ${readsName} (ids) values (?1) returning number`),
  page: plain(`select id, at, null, name, op, columns, old, new from ${outboxName}
    where id between cast(?1 as integer) and cast(?2 as integer) order by id limit cast(?3 as integer)`),
  remove: (ranges) => ({
    statement: removal,
    values: [ranges.map(({ first }) => first).join(','), ranges.map(({ last }) => last).join(',')],
  }),
  settle: plain(`update ${readsName} set ids = '' where number = cast(?1 as integer)`),
  forget: plain(`delete from ${readsName} where number < cast(?1 as integer)`),
};

/** Reads the outbox of a file. `own`: takes its lock. */
export function followOutbox(
  driver: Pick<Driver, 'run'>,
  own: () => Promise<Ownership>,
  options: FollowOptions,
): Promise<ChangeStream> {
  return OutboxStream.open({ driver, statements, decoder: () => new ReplacedRows(), own }, options);
}
