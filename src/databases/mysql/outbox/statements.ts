import type { Statement } from '../../../plan/index.ts';
import { mostImageBytes, type OutboxStatements } from '../../../sql/index.ts';
import { type OutboxNames, quotedName } from './names.ts';

const plain = (text: string): Statement => ({ text, slots: [] });

/** An image, or NULL if it is too large to be read. */
const readable = (image: 'old' | 'new') => `if(octet_length(${image}) <= ${mostImageBytes}, ${image}, null)`;

/** The statements of a reader. */
export function outboxStatements({ changes, reads }: OutboxNames): OutboxStatements {
  return {
    visible: plain(`select min(id), max(id)
      from (select id, id - row_number() over (order by id) as island
        from (select id from ${changes} order by id limit ?) c) s group by island order by 1`),
    reads: plain(`select number, ids from ${reads} order by number`),
    record: plain(`insert into ${reads} (ids) values (?)`),
    page: plain(`select id, at, namespace, name, op, columns, ${readable('old')}, ${readable('new')} from ${changes}
      where id between ? and ? order by id limit ?`),
    remove: (ranges) => ({ statement: plain(removal(changes, ranges)), values: [] }),
    settle: plain(`update ${reads} set ids = '' where number = ?`),
    forget: plain(`delete from ${reads} where number < ?`),
  };
}

/**
 * Each row is looked up by its key. A list of keys may be read as a range, or by a scan of a small table, which would wait for the rows of
 * transactions that are not committed yet, and lock the gaps between them.
 */
function removal(changes: string, ranges: Parameters<OutboxStatements['remove']>[0]): string {
  const ids: bigint[] = [];
  for (const { first, last } of ranges) for (let id = first; id <= last; id++) ids.push(id);
  return `delete o from json_table('[${ids.join(',')}]', '$[*]' columns (id bigint path '$')) as k
    straight_join ${changes} as o force index (primary) on o.id = k.id`;
}

/** Creates the outbox. Ids are those of a transactional table, whatever the default engine of the server is. */
export function creation({ namespace, isOwn, changes, reads }: OutboxNames): string[] {
  const as = 'engine = InnoDB character set utf8mb4 collate utf8mb4_bin';
  return [
    ...(isOwn ? [`create database if not exists ${quotedName(namespace)}`] : []),
    `create table ${changes} (id bigint auto_increment primary key, at bigint not null, namespace varchar(64) not null,
  name varchar(64) not null, op varchar(6) not null, columns longtext not null, old longblob, new longblob) ${as}`,
    `create table ${reads} (number bigint auto_increment primary key, ids longtext not null) ${as}`,
  ];
}
