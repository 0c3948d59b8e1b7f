import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { kindNames } from '../../src/views/index.ts';
import { command } from './command.ts';
import { inProcess } from './in-process.ts';

/**
 * Mistakes that are likely in the first hour, each with a command and the answer expected: what is wrong, where, and the way out.
 * None may end in a stack trace.
 */
interface Mistake {
  readonly name: string;
  readonly args: readonly string[];
  /** Files to be created in the folder of the command. */
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** A list: each of these lines. */
  readonly says: string | RegExp | readonly string[];
  /** The exit code; default: 1. */
  readonly code?: number;
}

const shop = 'sources: [{ name: shop, kind: sqlite, path: shop.db }]\n';
const oneDown = `sources:
  - { name: desk, kind: postgres, url: "postgres://me:secret@127.0.0.1:1/desk" }
  - { name: shop, kind: sqlite, path: shop.db }
`;
const clerk = `${shop}metadata:
  tables:
    - source: shop
      table: orders
      select_permissions: [{ role: clerk, permission: { columns: [id], filter: {} } }]
`;

const own = `${shop}metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - { role: desk, permission: { columns: [id], filter: { _or: [{ note: { _in: [a, X-Foz-Country] } }, { id: { _eq: 1 } }] } } }
        - { role: guest, permission: { columns: [id], filter: { _not: { note: { _eq: X-Hasura-Country } } } } }
      insert_permissions:
        - { role: desk, permission: { columns: [id], check: {}, set: { note: X-Foz-User-Id } } }
`;
const ownKeys = ['bare', 'set', 'scoped']
  .map((name, at) => {
    const more = [
      '',
      ', variables: { country: DE, user-id: 7 }',
      ', scopes: { operations: [read], tables: [shop.others] }',
    ][at];
    const prefix = String(at).repeat(12);
    return `    - { name: ${name}, prefix: "${prefix}", hash: "sha256:${'0'.repeat(64)}", roles: [desk]${more} }\n`;
  })
  .join('');

/** Mistakes of the form of settings, and others behind misspelt names of a source and a table. */
const mixed = `${shop}auth: { admin_secrets: [short] }
metadata:
  tables:
    - table: ordres
      source: shop
      remote_relationships:
        - name: others
          definition:
            to_source: { source: shopp, table: orders, relationship_type: array, field_mapping: { id: idd } }
      select_permissions:
        - { role: clerk, permission: { colums: [id], filter: {} } }
        - { role: amy, permission: { columns: [id], filter: {} } }
        - { role: desk, permission: { columns: [id], filter: { note: { _eqq: a } }, limmit: 4 } }
`;

/** Mistakes of form, and a permission that looks through relationships into a source that is not there. */
const apart = `table: orders
remote_relationships:
  - name: tickets
    definition:
      to_source: { source: desk, table: tickets, relationship_type: array, field_mapping: { id: order_id } }
  - { name: notes,
      definition: { to_source: { source: shop, tabel: orders, relationship_type: array, field_mapping: { id: id } } } }
select_permissions:
  - { role: amy, permission: { colums: [id], filter: {} } }
  - role: zoe
    permission:
      columns: [id, nte]
      filter: { tickets: { id: { _eq: 1 } }, notes: { id: { _eq: 1 } } }
`;

/** A database that nobody listens for, an entry for it, a relationship into it, and a permission that looks through that. */
const withoutDesk = `sources: [{ name: shop, kind: sqlite, path: shop.db }, { name: desk, kind: postgres, url: "postgres://me:a@127.0.0.1:1/desk" }]
metadata:
  tables:
    - table: tickets
      source: desk
    - table: orders
      source: shop
      remote_relationships:
        - name: tickets
          definition:
            to_source: { source: desk, table: tickets, relationship_type: array, field_mapping: { id: order_id } }
      select_permissions:
        - { role: clerk, permission: { columns: [id], filter: { tickets: { id: { _eq: 1 } } } } }
`;

const mistakes: readonly Mistake[] = [
  {
    name: 'init: a variable of the environment that is not set',
    args: ['init', '--kind', 'postgres', '--url', `\${env:SHOP_URL_X}`],
    says: 'PostgreSQL cannot be reached, so nothing was written: the environment variable SHOP_URL_X is not set.',
  },
  {
    name: 'init: no URL at all',
    args: ['init', '--kind', 'mysql', '--url', 'localhost'],
    says: /^MySQL cannot be reached, so nothing was written: The URL is no URL: it looks like mysql:\/\/user:password@host\/database/,
  },
  {
    name: 'init: a URL of another kind of server',
    args: ['init', '--kind', 'postgres', '--url', 'mysql://root@127.0.0.1/shop'],
    says: /must look like postgres:\/\/user:password@host\/database; this is a URL of MySQL: then its kind is mysql\.$/,
  },
  {
    name: 'init: a URL of no database',
    args: ['init', '--kind', 'postgres', '--url', 'http://127.0.0.1/shop'],
    says: /The URL must look like postgres:\/\/user:password@host\/database\.$/,
  },
  {
    name: 'init: a variable as a shell spells it',
    args: ['init', '--kind', 'postgres', '--url', '$SHOP_URL'],
    says: /An environment variable is written as \$\{env:SHOP_URL\}\.$/,
  },
  {
    name: 'check: a password whose end would be taken for the path, and its start for the host',
    args: ['check'],
    files: {
      'foz.yaml':
        'sources: [{ name: shop, kind: postgres, url: "postgres://me:se@cr/et@127.0.0.1:1/shop" }]\n',
    },
    says: /^foz\.yaml:1:\d+ {2}(?:error: )?sources\[0\]\.url: has an @ after its host: a password with @ : \/ \? # in it is written with %40 %3A %2F %3F %23\n(?![\s\S]*cr)/,
  },
  {
    name: 'init: such a password with #',
    args: ['init', '--kind', 'mysql', '--url', 'mysql://me:se@cr#et@127.0.0.1:1/shop'],
    says: /^MySQL cannot be reached, so nothing was written: The URL has an @ after its host: a password with @ : \/ \? # in it is written with %40 %3A %2F %3F %23\.$/,
  },
  {
    name: 'init: nobody listens',
    args: ['init', '--kind', 'postgres', '--url', 'postgres://me:secret@127.0.0.1:1/shop'],
    says: /^PostgreSQL cannot be reached, so nothing was written: connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run, and are host and port right in the URL\?$/,
  },
  {
    name: 'init: nobody listens at the URL of a variable',
    args: ['init', '--kind', 'mysql', '--env', 'SHOP_URL'],
    env: { SHOP_URL: 'mysql://me:secret@127.0.0.1:1/shop' },
    says: /^MySQL cannot be reached, so nothing was written: connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run, and are host and port right in the environment variable SHOP_URL\?$/,
  },
  {
    name: 'changes status: one source of two is down',
    args: ['changes', 'status'],
    files: { 'foz.yaml': oneDown },
    says: /^desk: unavailable: connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run, and are host and port right in the URL\?\nshop: followed by the version of the file/,
  },
  {
    name: 'changes status --json: one source of two is down',
    args: ['changes', 'status', '--json'],
    files: { 'foz.yaml': oneDown },
    says: /"source": "desk",\s+"state": "unavailable",\s+"reason": "connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run[^"]*"[\s\S]*"source": "shop"/,
  },
  {
    name: 'changes setup: the source is down',
    args: ['changes', 'setup', 'desk'],
    files: { 'foz.yaml': oneDown },
    says: /^desk: unavailable: connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run, and are host and port right in the URL\?$/,
  },
  {
    name: 'introspect: one source of two is down',
    args: ['introspect'],
    files: { 'foz.yaml': oneDown },
    says: /^shop: 1 table, [\s\S]*\ndesk: unavailable: connect ECONNREFUSED 127\.0\.0\.1:1\. Does the server run, and are host and port right in the URL\?$/,
  },
  {
    name: 'check: a scope for tables of a source that is down is not judged',
    args: ['check'],
    files: {
      'foz.yaml': `${oneDown}auth: { api_keys: [{ name: till, prefix: AAAAAAAAAAAA, hash: "sha256:${'0'.repeat(64)}", roles: [admin], scopes: { tables: [desk.tickets] } }] }\n`,
    },
    says: /^(?![\s\S]*no table matches)[\s\S]*There are problems\.$/,
  },
  {
    name: 'permissions: the role as an option',
    args: ['permissions', '--role', 'clerk'],
    files: { 'foz.yaml': clerk },
    code: 0,
    says: /^role clerk\n {2}shop\.orders\n/,
  },
  {
    name: 'permissions: two roles',
    args: ['permissions', 'clerk', '--role', 'desk'],
    files: { 'foz.yaml': clerk },
    says: 'Two roles are named, clerk and (by --role) desk: give one of them.',
  },
  {
    name: 'init: a kind that there is not',
    args: ['init', '--kind', 'db2', '--url', 'db2://x'],
    says: `There is no kind db2: it is one of ${kindNames.join(', ')}.`,
  },
  {
    name: 'init: a name that cannot be one',
    args: ['init', '--kind', 'sqlite', '--path', 'shop.db', '--name', 'my shop'],
    says: '"my shop" cannot be the name of a source: use letters, digits, _ and -, a letter first, 63 characters at most.',
  },
  {
    name: 'init: a folder that is not there',
    args: ['init', '--kind', 'sqlite', '--path', 'shop.db', '--config', 'conf/foz.yaml'],
    says: /^There is no folder .*conf to write conf\/foz\.yaml into: make it, or name another file with --config\.$/,
  },
  {
    name: 'init: a database file that is not there',
    args: ['init', '--kind', 'sqlite', '--path', 'shpo.db'],
    says: /There is no file .*shpo\.db: correct the path of the source/,
  },
  {
    name: 'serve: no configuration',
    args: ['serve'],
    says: 'foz.yaml:1:1  file: does not exist: make one with "foz init", or name another with --config',
  },
  {
    name: 'serve: a port that is no number',
    args: ['serve', '-p', 'abc'],
    files: { 'foz.yaml': shop },
    says: '--port must be a number from 0 (a free port) to 65535, not "abc".',
  },
  {
    name: 'serve: a port that is too large, by the environment',
    args: ['serve'],
    files: { 'foz.yaml': shop },
    env: { PORT: '99999' },
    says: 'The environment variable PORT must be a number from 0 (a free port) to 65535, not "99999".',
  },
  {
    name: 'serve: a port in the file that is none',
    args: ['serve'],
    files: { 'foz.yaml': `${shop}server: { port: http }\n` },
    says: 'foz.yaml:2:17  server.port: must be a number from 0 (a free port) to 65535',
  },
  {
    name: 'serve: a host that this machine is not',
    args: ['serve', '-p', '0'],
    files: { 'foz.yaml': `${shop}server: { host: 192.0.2.1 }\n` },
    says: /^(?:The port|Port 0) of 192\.0\.2\.1 cannot be opened: this machine does not have that address/m,
  },
  {
    name: 'serve --demo: a place where no folder can be made',
    args: ['serve', '--demo'],
    files: { '.foz': 'a file' },
    says: /^The demo in \.foz\/demo cannot be written: .* Give this user the right to write there/m,
  },
  {
    name: 'settings that there are not',
    args: ['check'],
    files: {
      'foz.yaml':
        'sorces: []\nserver: { prt: 80 }\nsources:\n  - { name: shop, kind: postgrs, pth: shop.db }\n',
    },
    says: [
      'foz.yaml:1:1  error: file: has no setting "sorces" (did you mean "sources"?)',
      'foz.yaml:2:11  error: server: has no setting "prt" (did you mean "port"?)',
      'foz.yaml:4:34  error: sources[0]: has no setting "pth" (did you mean "path"?)',
      `foz.yaml:4:25  error: sources[0].kind: must be one of ${kindNames.join(', ')} (did you mean "postgres"?)`,
    ].join('\n'),
  },
  {
    name: 'check: everything that is wrong in a permission, each with its line',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - role: clerk
          permission:
            columns: [id, nte]
            filter:
              note: { _eq: x-hasraa-user-id, _lik: a }
              idd: { _eq: 1 }
    - source: shop
      table: ordres
  inherited_roles:
    - { role_name: both, role_set: [clerk, clrek] }
`,
    },
    says: [
      'foz.yaml:14:14  error: shop.ordres: metadata names a table that does not exist (did you mean "orders"?)',
      'foz.yaml:9:27  error: shop.orders: select permission of role "clerk", columns[1]: shop.orders has no column "nte" (did you mean "note"?); the permission is left out',
      'foz.yaml:11:28  error: shop.orders: select permission of role "clerk", filter.note._eq: "x-hasraa-user-id" is no session variable: those begin with x-foz- or x-hasura- (did you mean "x-hasura-"?); the permission is left out',
      'foz.yaml:11:52  error: shop.orders: select permission of role "clerk", filter.note._lik: there is no operator _lik (did you mean "_like"?); the permission is left out',
      'foz.yaml:12:20  error: shop.orders: select permission of role "clerk", filter.idd: shop.orders has no column or relationship "idd" (did you mean "id"?); the permission is left out',
      'foz.yaml:16:44  note: inherited role "both", role_set[1]: no role "clrek" has any permission (did you mean "clerk"?)',
    ].join('\n'),
  },
  {
    name: 'check: the same in a folder of metadata, whose lists stand in another order than Foz reads them in',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}metadata: metadata\n`,
      'metadata/shop/orders.yaml':
        'table: orders\nselect_permissions:\n  - { role: zoe, permission: { columns: [note, idd], filter: {} } }\n  - { role: amy, permission: { columns: [id], filter: {} } }\n',
    },
    says: /^metadata\/shop\/orders\.yaml:3:48 {2}error: .*columns\[\d\]: shop\.orders has no column "idd" \(did you mean "id"\?\)/m,
  },
  {
    name: 'check: a database without tables',
    args: ['check'],
    files: { 'foz.yaml': 'sources: [{ name: none, kind: sqlite, path: empty.db }]\n' },
    says: /^none: ok: sqlite [\d.]+, 0 tables, followed by the version of the file\nnote: none: there is no table that its user may read: .*\nThere is nothing to ask for yet\.$/,
    code: 0,
  },
  {
    name: 'check: a role that only a key knows',
    args: ['check'],
    files: {
      'foz.yaml': `${clerk}auth: { api_keys: [{ name: till, prefix: AAAAAAAAAAAA, hash: "sha256:${'0'.repeat(64)}", roles: [clrek] }] }\n`,
    },
    says: /^foz\.yaml:7:145 {2}note: auth\.api_keys\[0\].roles\[0\]: The role "clrek" has no permission \(did you mean "clerk"\?\): those that have are clerk\.$/m,
    code: 0,
  },
  {
    name: 'key new: a role that the configuration gives nothing to',
    args: ['key', 'new', '--name', 'till', '--role', 'clrek'],
    files: { 'foz.yaml': clerk },
    says: /^The role "clrek" has no permission \(did you mean "clerk"\?\): those that have are clerk\.$/m,
    code: 0,
  },
  {
    name: 'check: keys and an anonymous role without a variable that their permissions need',
    args: ['check'],
    files: { 'foz.yaml': `${own}auth:\n  anonymous_role: guest\n  api_keys:\n${ownKeys}` },
    says: [
      'foz.yaml:14:7  error: auth.api_keys[0]: the key bare has no variable country, which the role desk needs for shop.orders: set it (variables: { country: ... }), or keep the key off these tables (scopes)',
      'foz.yaml:14:7  note: auth.api_keys[0]: the key bare has no variable user-id, which the role desk needs for shop.orders: set it (variables: { user-id: ... }), or keep the key off these tables (scopes)',
      'foz.yaml:12:19  error: auth.anonymous_role: a request without credentials has no variable country, which the role guest needs for shop.orders: nobody can set one without credentials, so give this role another condition',
    ].join('\n'),
  },
  {
    name: 'permissions: a key without a variable that its permissions need',
    args: ['permissions', '--key', 'bare'],
    files: { 'foz.yaml': `${own}auth:\n  api_keys:\n${ownKeys}` },
    says: /has no variable country, which permissions of this role need: requests that need it are refused\n {2}has no variable user-id, /,
    code: 0,
  },
  {
    name: 'key new: a variable without a value',
    args: ['key', 'new', '--name', 'desk', '--role', 'desk', '--variable', 'country'],
    says: '--variable needs a name and a value, as user-id=7, not "country".',
  },
  {
    name: 'key new: a network that is none',
    args: ['key', 'new', '--name', 'desk', '--role', 'desk', '--network', '10.0.0.0/99'],
    says: 'networks.0: is no address and no CIDR such as 10.0.0.0/8 or 2001:db8::/32',
  },
  {
    name: 'key new: a second key goes into the list that is there',
    args: ['key', 'new', '--name', 'desk', '--role', 'desk', '--variable', 'X-Foz-Country=DE'],
    files: { 'foz.yaml': `${own}auth:\n  api_keys:\n${ownKeys}` },
    says: /Add it to the list auth\.api_keys in foz\.yaml \(or have that done, with --write\):\n\n- name: desk\n(?: .*\n)* {2}variables:\n {4}country: DE$/m,
    code: 0,
  },
  {
    name: 'key new: lines below an auth part that has no key yet',
    args: ['key', 'new', '--name', 'desk', '--role', 'desk'],
    files: { 'foz.yaml': `${own}auth: { anonymous_role: guest }\n` },
    says: /Put these lines below auth in foz\.yaml \(or have that done, with --write\):\n\n {2}api_keys:\n {4}- name: desk\n/,
    code: 0,
  },
  {
    name: 'key new --write: a name that is taken',
    args: ['key', 'new', '--name', 'bare', '--role', 'desk', '--write'],
    files: { 'foz.yaml': `${own}auth:\n  api_keys:\n${ownKeys}` },
    says: [
      'The key has no session variable country, which the role desk needs for shop.orders: its requests there are refused. Give it one: --variable country=VALUE (with --write --replace where the key is in the file already).',
      'foz.yaml has a key bare already, in line 13. What it may do can be changed there. A new key in its place: the same command with --replace (the key before is then refused). A second key: another --name.',
    ],
  },
  {
    name: 'check: a setting that stands twice',
    args: ['check'],
    files: { 'foz.yaml': `auth: {}\n${shop}auth: {}\n` },
    says: /^foz\.yaml:3:1 {2}yaml: "auth" stands twice \(lines 1 and 3\): put both under one$/,
  },
  {
    name: 'check: a variable of the environment that is not set, with the setting that needs it',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}  - { name: desk, kind: postgres, url: "\${env:DESK_URLL}" }\n`.replace(
        /\[(.*)\]/,
        '\n  - $1',
      ),
    },
    says: /^foz\.yaml:3:40 {2}error: sources\[1\]\.url: the environment variable DESK_URLL is not set$/m,
  },
  {
    name: 'check: mistakes of form, of names and behind misspelt names, all at once',
    args: ['check'],
    files: { 'foz.yaml': mixed },
    says: [
      'foz.yaml:2:25  error: auth.admin_secrets[0]: must have at least 16 characters',
      'foz.yaml:12:38  error: metadata.tables[0].select_permissions[0].permission: needs "columns"',
      'foz.yaml:12:40  error: metadata.tables[0].select_permissions[0].permission: has no setting "colums" (did you mean "columns"?)',
      'foz.yaml:14:85  error: metadata.tables[0].select_permissions[2].permission: has no setting "limmit" (did you mean "limit"?)',
      'foz.yaml:5:14  error: shop.ordres: metadata names a table that does not exist (did you mean "orders"?)',
      'foz.yaml:10:34  error: shop.orders.others: there is no source shopp (did you mean "shop"?)',
      'foz.yaml:14:78  error: shop.orders: select permission of role "desk", filter.note._eqq: there is no operator _eqq (did you mean "_eq"?); the permission is left out',
      'foz.yaml:10:103  error: shop.orders.others: shop.orders has no column idd (did you mean "id"?)',
      'There are problems.',
    ],
  },
  {
    name: 'check: mistakes of sources and in files of metadata hide no others, and what follows from them is one sentence',
    args: ['check'],
    files: {
      'foz.yaml': `sources:
  - { name: shop, kind: sqlite, path: shop.db }
  - { name: desk, kind: postgrs, url: "postgres://127.0.0.1/desk" }
  - { name: mail, kind: postgres, url: "\${env:MAIL_URLL}" }
metadata: metadata
`,
      'metadata/shop/orders.yaml': apart,
      'metadata/shop/tickets.yaml': 'source: desk\ntable: tickets\n',
      'metadata/shop/letters.yaml': 'source: mail\ntable: letters\ntracket: true\n',
    },
    says: [
      `foz.yaml:3:25  error: sources[1].kind: must be one of ${kindNames.join(', ')} (did you mean "postgres"?)`,
      'foz.yaml:4:40  error: sources[2].url: the environment variable MAIL_URLL is not set',
      'metadata/shop/letters.yaml:3:1  error: file: has no setting "tracket" (did you mean "tracked"?)',
      'metadata/shop/orders.yaml:7:32  error: remote_relationships[1].definition.to_source: needs "table"',
      'metadata/shop/orders.yaml:7:48  error: remote_relationships[1].definition.to_source: has no setting "tabel" (did you mean "table"?)',
      'metadata/shop/orders.yaml:9:30  error: select_permissions[0].permission: needs "columns"',
      'metadata/shop/orders.yaml:9:32  error: select_permissions[0].permission: has no setting "colums" (did you mean "columns"?)',
      'metadata/shop/orders.yaml:12:21  error: shop.orders: select permission of role "zoe", columns[1]: shop.orders has no column "nte" (did you mean "note"?); the permission is left out',
      '5 more problems follow from these, and go away with them. See all with --all.',
      'There are problems.',
    ],
  },
  {
    name: 'check: the same in one separate file',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}metadata: all.yaml\n`,
      'all.yaml': `tables:
  - { source: shop, table: others, colums: [id] }
  - source: shop
    table: orders
    select_permissions:
      - { role: amy, permission: { colums: [id], filter: {} } }
      - { role: zoe, permission: { columns: [idd], filter: {} } }
`,
    },
    says: [
      'all.yaml:2:36  error: tables[0]: has no setting "colums"',
      'all.yaml:6:34  error: tables[1].select_permissions[0].permission: needs "columns"',
      'all.yaml:2:28  error: shop.others: metadata names a table that does not exist (did you mean "orders"?)',
      'all.yaml:7:46  error: shop.orders: select permission of role "zoe", columns[0]: shop.orders has no column "idd" (did you mean "id"?); the permission is left out',
    ],
  },
  {
    name: 'check --all: what follows from a source that is not there is told one by one',
    args: ['check', '--all'],
    files: { 'foz.yaml': withoutDesk },
    says: [
      'foz.yaml:1:56  desk: unavailable: connect ECONNREFUSED 127.0.0.1:1. Does the server run, and are host and port right in the URL?',
      'foz.yaml:5:15  error: desk.tickets: the source desk was never read, so this is not checked',
      'There are problems.',
    ],
  },
  {
    name: 'check: what follows from a source that is not there is one sentence',
    args: ['check'],
    files: { 'foz.yaml': withoutDesk },
    says: /^shop: ok: .*, 1 table, followed by the version of the file\nfoz\.yaml:1:56 {2}desk: unavailable: .*\n(?:.*\n)?3 more problems follow from these, and go away with them\. See all with --all\.\nThere are problems\.$/,
  },
  {
    name: 'check: a table that was renamed',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}metadata:
  tables:
    - source: shop
      table: purchases
      select_permissions: [{ role: clerk, permission: { columns: [id, note], filter: {} } }]
`,
    },
    says: 'foz.yaml:5:14  error: shop.purchases: metadata names a table that does not exist. orders has all columns that are named here: renamed? Then write table: orders; to keep the name in the graph, add configuration: { custom_name: purchases }',
  },
  {
    name: 'check: a value that lacks the X- of a session variable',
    args: ['check'],
    files: {
      'foz.yaml': `${shop}metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - { role: clerk, permission: { columns: [id], filter: { note: { _eq: Foz-Country } } } }
        - { role: desk, permission: { columns: [id], filter: { note: { _in: [hasura-user-id, FOZ-X] } } } }
      insert_permissions:
        - { role: clerk, permission: { columns: [id], check: {}, set: { note: Foz-User-Id } } }
`,
    },
    says: [
      'foz.yaml:7:78  error: shop.orders: select permission of role "clerk", filter.note._eq: "Foz-Country" is no session variable: those begin with x-foz- or x-hasura- (did you mean "X-Foz-Country"?); the permission is left out',
      'foz.yaml:8:77  error: shop.orders: select permission of role "desk", filter.note._in: "hasura-user-id" is no session variable: those begin with x-foz- or x-hasura- (did you mean "X-hasura-user-id"?); the permission is left out',
      'foz.yaml:10:79  error: shop.orders: insert permission of role "clerk", set.note: "Foz-User-Id" is no session variable: those begin with x-foz- or x-hasura- (did you mean "X-Foz-User-Id"?); the permission is left out',
    ],
  },
  {
    name: 'metadata apply: mistakes of form, of names and behind misspelt names, all at once',
    args: ['metadata', 'apply', 'metadata'],
    files: {
      'foz.yaml': shop,
      'metadata/shop/ordres.yaml': `table: ordres
select_permissions:
  - { role: amy, permission: { colums: [id], filter: {} } }
  - { role: zoe, permission: { columns: [id, nte], filter: { note: { _eqq: a } } } }
`,
    },
    says: [
      'metadata/shop/ordres.yaml:3:32  select_permissions[0].permission: has no setting "colums" (did you mean "columns"?)',
      'metadata/shop/ordres.yaml:1:8  shop.ordres: metadata names a table that does not exist (did you mean "orders"?)',
      'metadata/shop/ordres.yaml:4:46  shop.orders: select permission of role "zoe", columns[1]: shop.orders has no column "nte" (did you mean "note"?); the permission is left out',
      'metadata/shop/ordres.yaml:4:76  shop.orders: select permission of role "zoe", filter.note._eqq: there is no operator _eqq (did you mean "_eq"?); the permission is left out',
    ],
  },
  {
    name: 'explain: a role that there is not',
    args: ['explain', '--role', 'clrek', '{ orders { id } }'],
    files: { 'foz.yaml': clerk },
    says: 'The role "clrek" has no permission (did you mean "clerk"?): those that have are clerk.',
  },
  {
    name: 'permissions: a role that there is not',
    args: ['permissions', 'boss'],
    files: { 'foz.yaml': clerk },
    says: 'The role "boss" has no permission: those that have are clerk.',
  },
  {
    name: 'schema print: a role that there is not',
    args: ['schema', 'print', '--role', 'boss'],
    files: { 'foz.yaml': shop },
    says: 'The role "boss" has no permission: no role has any.',
  },
  {
    name: 'explain: a file that is not there',
    args: ['explain', '@query.graphql'],
    files: { 'foz.yaml': shop },
    says: 'query.graphql cannot be opened: it, or the folder it is to be in, does not exist.',
  },
];

const root = mkdtempSync(join(tmpdir(), 'foz-mistakes-'));
let count = 0;

/** A folder with a database of one table, an empty database, and these files. */
async function folderWith(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = join(root, String(count++));
  mkdirSync(join(folder, 'metadata/shop'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'shop.db'), readFileSync(join(root, 'shop.db')));
  writeFileSync(join(folder, 'empty.db'), '');
  return folder;
}

beforeAll(async () => {
  const connector = await connect(
    { name: 'shop', kind: 'sqlite', path: join(root, 'shop.db') },
    { create: true },
  );
  const context = { signal: new AbortController().signal, timeoutMs: null };
  await connector.run(
    { text: 'create table orders (id integer primary key, note text)', slots: [] },
    [],
    context,
  );
  await connector.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(mistakes)(
  '$name',
  async ({ args, files, env, says, code }) => {
    const folder = await folderWith(files);
    // A server replaces the streams of its process.
    const ended = await (args[0] === 'serve' ? command(folder, args, env) : inProcess(folder, args, { env }));
    const text = `${ended.out}${ended.err}`.trimEnd();
    expect(text).not.toMatch(/\n\s+at |node:internal|TypeError|RangeError/);
    if (Array.isArray(says)) expect(text.split('\n')).toEqual(expect.arrayContaining(says as string[]));
    else if (typeof says === 'string') expect(text).toContain(says);
    else expect(text).toMatch(says as RegExp);
    expect(ended.code).toBe(code ?? 1);
  },
  300_000,
);
