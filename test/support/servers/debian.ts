import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plain, run } from './process.ts';
import { Unavailable } from './server.ts';

const architectures: Partial<Record<NodeJS.Architecture, readonly [triple: string, loader: string]>> = {
  x64: ['x86_64-linux-gnu', 'ld-linux-x86-64.so.2'],
  arm64: ['aarch64-linux-gnu', 'ld-linux-aarch64.so.1'],
};

/** The shared libraries of an unpacked tree, and their loader. */
export function librariesOf(root: string): { readonly folder: string; readonly loader: string } {
  const [triple, loader] = architectures[process.arch] ?? architectures.x64!;
  const folder = join(root, 'usr/lib', triple);
  return { folder, loader: join(folder, loader) };
}

/**
 * Downloads packages of a Debian suite (`own`: the suite of this machine, only missing packages; `sid`: with all libraries they need)
 * and unpacks them below `root`. Installs nothing and needs no root rights. Throws `Unavailable` on other systems.
 */
export async function unpackDebian(
  packages: readonly string[],
  suite: 'own' | 'sid',
  root: string,
): Promise<void> {
  const distribution = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  if (!/^ID="?debian"?$/m.test(distribution)) {
    throw new Unavailable(
      `it is not installed, and its packages (${packages.join(', ')}) are only fetched on Debian`,
    );
  }
  if (!architectures[process.arch]) throw new Unavailable(`its packages are not fetched for ${process.arch}`);
  const work = join(root, '.apt');
  for (const folder of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(join(work, folder), { recursive: true });
  const options = suite === 'own' ? ownSuite(work) : otherSuite(work, suite);
  let lists = '';
  try {
    lists = await run(plain('apt-get'), [...options, 'update']);
    await run(plain('apt-get'), [
      ...options,
      '--no-install-recommends',
      '-y',
      '--download-only',
      'install',
      ...packages,
    ]);
  } catch (error) {
    throw new Unavailable(
      `its packages could not be fetched: ${(error as Error).message} ${lists.trim().slice(-400)}`,
    );
  }
  const archives = join(work, 'cache/archives');
  for (const name of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await run(plain('dpkg'), ['-x', join(archives, name), root]);
  }
  rmSync(work, { recursive: true, force: true });
}

const aptOptions = (values: Readonly<Record<string, string>>) => [
  '-qq',
  '-o',
  'Acquire::Retries=3',
  ...Object.entries(values).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
];

function ownSuite(work: string): string[] {
  return aptOptions({
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'Debug::NoLocking': 'true',
    'APT::Sandbox::User': 'root',
  });
}

function otherSuite(work: string, suite: string): string[] {
  writeFileSync(join(work, 'status'), '');
  const keyring = '/usr/share/keyrings/debian-archive-keyring';
  const signedBy = ['.gpg', '.pgp'].map((ending) => keyring + ending).find((path) => existsSync(path));
  const trust = signedBy ? `[signed-by=${signedBy}] ` : '';
  writeFileSync(join(work, 'sources.list'), `deb ${trust}${mirror()} ${suite} main\n`);
  return aptOptions({
    'Dir::State': work,
    'Dir::State::status': join(work, 'status'),
    'Dir::Cache': join(work, 'cache'),
    'Dir::Etc::SourceList': join(work, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'APT::Sandbox::User': 'root',
  });
}

/** The first mirror in this machine's package sources. */
function mirror(): string {
  const parts = '/etc/apt/sources.list.d';
  const files = [
    ...(existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : []),
    '/etc/apt/sources.list',
  ].filter((path) => /\.(sources|list)$/.test(path) && existsSync(path));
  for (const file of files) {
    const found = /^(?:URIs:|deb(?:\s+\[[^\]]*\])?)\s+(\S*debian\/?)(?:\s|$)/m.exec(
      readFileSync(file, 'utf8'),
    );
    if (found) return found[1]!;
  }
  throw new Unavailable('no Debian mirror is configured in /etc/apt');
}
