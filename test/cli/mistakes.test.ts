import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/attach.ts';
import { kindNames } from '../../src/views/index.ts';
import { command } from './command.ts';

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
  readonly says: string | RegExp;
  /** The exit code; default: 1. */
  readonly code?: number;
}

const shop = 'sources: [{ name: shop, kind: sqlite, path: shop.db }]\n';
const clerk = `${shop}metadata:
  tables:
    - source: shop
      table: orders
      select_permissions: [{ role: clerk, permission: { columns: [id], filter: {} } }]
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
    name: 'init: nobody listens',
    args: ['init', '--kind', 'postgres', '--url', 'postgres://me:secret@127.0.0.1:1/shop'],
    says: /^PostgreSQL cannot be reached, so nothing was written: .*\n.*ECONNREFUSED 127\.0\.0\.1:1$/,
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
      'foz.yaml:1:1  file: has no setting "sorces" (did you mean "sources"?)',
      'foz.yaml:2:11  server: has no setting "prt" (did you mean "port"?)',
      'foz.yaml:4:34  sources[0]: has no setting "pth" (did you mean "path"?)',
      `foz.yaml:4:25  sources[0].kind: must be one of ${kindNames.join(', ')} (did you mean "postgres"?)`,
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
    says: /^none: ok: sqlite [\d.]+, 0 tables\nnote: none: there is no table that its user may read: .*\nThere is nothing to ask for yet\.$/,
    code: 0,
  },
  {
    name: 'check: a role that only a key knows',
    args: ['check'],
    files: {
      'foz.yaml': `${clerk}auth: { api_keys: [{ name: till, prefix: AAAAAAAAAAAA, hash: "sha256:${'0'.repeat(64)}", roles: [clrek] }] }\n`,
    },
    says: /^note: auth\.api_keys\[0\]\.roles\[0\]: The role "clrek" has no permission \(did you mean "clerk"\?\): those that have are clerk\.$/m,
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
  const connector = await connect({ name: 'shop', kind: 'sqlite', path: join(root, 'shop.db') }, true);
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
    const ended = await command(await folderWith(files), args, env);
    const text = `${ended.out}${ended.err}`.trimEnd();
    expect(text).not.toMatch(/\n\s+at |node:internal|TypeError|RangeError/);
    if (typeof says === 'string') expect(text).toContain(says);
    else expect(text).toMatch(says);
    expect(ended.code).toBe(code ?? 1);
  },
  60_000,
);
