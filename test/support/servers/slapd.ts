import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'ldapts';
import { librariesOf, unpackDebian } from './debian.ts';
import { once, programs } from './find.ts';
import { freePort, home, madeOnce, ownedFolder } from './home.ts';
import { endProcess, launch, type Program, plain } from './process.ts';

/** A real OpenLDAP server with a directory of its own. */
export interface Slapd {
  readonly url: string;
  /** The same server over TLS from the start. */
  readonly secureUrl: string;
  /** The certificate authority of its certificate, as PEM. The certificate is for `localhost`. */
  readonly ca: string;
  /** Its key and certificate, as PEM. */
  readonly certificate: { readonly key: string; readonly cert: string };
  stop(): Promise<void>;
}

interface Installation {
  readonly slapd: Program;
  readonly modules: string;
  readonly schemas: string;
}

const find = once(async (): Promise<Installation> => {
  const [installed] = programs('slapd');
  if (installed) return { slapd: plain(installed), modules: '/usr/lib/ldap', schemas: '/etc/ldap/schema' };
  const root = await madeOnce(home('packages', 'slapd'), (folder) => unpackDebian(['slapd'], 'own', folder));
  const env = { LD_LIBRARY_PATH: librariesOf(root).folder };
  return {
    slapd: { ...plain(join(root, 'usr/sbin/slapd')), env },
    modules: join(root, 'usr/lib/ldap'),
    schemas: join(root, 'etc/ldap/schema'),
  };
});

/** Starts an OpenLDAP server with the suffix dc=example,dc=com and these entries, parents first. Throws `Unavailable`. */
export async function startSlapd(entries: Entries): Promise<Slapd> {
  const { slapd, modules, schemas } = await find();
  const [port, securePort] = [await freePort(), await freePort()];
  const folder = ownedFolder(home('run', `slapd-${port}`));
  const data = ownedFolder(join(folder, 'data'));
  const ca = certificates(folder);
  const config = join(folder, 'slapd.conf');
  const lines = [
    ...['core', 'cosine', 'inetorgperson', 'nis'].map((name) => `include ${join(schemas, `${name}.schema`)}`),
    `modulepath ${modules}`,
    ...['back_mdb', 'memberof'].map((name) => `moduleload ${name}`),
    `pidfile ${join(folder, 'slapd.pid')}`,
    `TLSCertificateFile ${join(folder, 'server.crt')}`,
    `TLSCertificateKeyFile ${join(folder, 'server.key')}`,
    'database mdb',
    'suffix "dc=example,dc=com"',
    'rootdn "cn=root,dc=example,dc=com"',
    'rootpw root',
    `directory ${data}`,
    'overlay memberof',
    'access to attrs=userPassword by anonymous auth by * none',
    // People read their own entry, and the searching account reads all.
    'access to * by dn.exact="cn=foz,dc=example,dc=com" read by self read by anonymous auth by * none',
    '',
  ];
  writeFileSync(config, lines.join('\n'), { mode: 0o644 });
  const urls = [`ldap://127.0.0.1:${port}/`, `ldaps://127.0.0.1:${securePort}/`];
  const pid = await launch(
    slapd,
    ['-f', config, '-h', urls.join(' '), '-d', '256'],
    join(folder, 'server.log'),
    'slapd starting',
  );
  await add(urls[0]!, entries);
  return {
    url: `ldap://localhost:${port}`,
    secureUrl: `ldaps://localhost:${securePort}`,
    ca,
    certificate: {
      key: readFileSync(join(folder, 'server.key'), 'utf8'),
      cert: readFileSync(join(folder, 'server.crt'), 'utf8'),
    },
    async stop() {
      await endProcess(pid, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** By DN: the attributes of an entry. */
export type Entries = Readonly<Record<string, Record<string, string | string[]>>>;

async function add(url: string, entries: Entries): Promise<void> {
  const client = new Client({ url });
  await client.bind('cn=root,dc=example,dc=com', 'root');
  for (const [dn, attributes] of Object.entries(entries)) await client.add(dn, attributes);
  await client.unbind();
}

/** Writes the key and certificate of the server into a folder. Returns the authority. */
function certificates(folder: string): string {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  openssl(
    'req',
    '-x509',
    ...ec,
    '-subj',
    '/CN=test authority',
    '-keyout',
    file('ca.key'),
    '-out',
    file('ca.crt'),
  );
  openssl(
    ...['req', '-x509', ...ec, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
    ...[
      '-CA',
      file('ca.crt'),
      '-CAkey',
      file('ca.key'),
      '-keyout',
      file('server.key'),
      '-out',
      file('server.crt'),
    ],
  );
  for (const name of ['server.key', 'server.crt']) chmodSync(file(name), 0o644);
  return readFileSync(file('ca.crt'), 'utf8');
}
