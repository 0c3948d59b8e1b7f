// Bundles compiled modules with the libraries that they use. Loading a few files takes a third of the time that loading a thousand does.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { build } from 'esbuild';

/** Packages that stay packages: they have binaries, WebAssembly or worker files, or are optional parts of the others. */
const external = [
  '@electric-sql/pglite',
  '@photostructure/sqlite',
  'better-sqlite3',
  'bufferutil',
  'class-validator',
  'mariadb',
  'mysql',
  'oracledb',
  'pg-cloudflare',
  'pg-native',
  'pg-query-stream',
  'sqlite3',
  'tedious',
  'utf-8-validate',
];

/**
 * Bundles the compiled command (`dist/src/cli`) into `dist/command`. What is imported lazily stays in files of its own. Lines of the source
 * stay known by source maps.
 */
export async function bundleCommand(root) {
  const [dist, outdir] = [join(root, 'dist'), join(root, 'dist/command')];
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { foz: join(dist, 'src/cli/index.js') },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external,
    // graphql-js checks each value for a second copy of itself unless it runs in production.
    define: { 'globalThis.process.env.NODE_ENV': '"production"', 'process.env.NODE_ENV': '"production"' },
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'linked',
    metafile: true,
    logLevel: 'warning',
    // Libraries in CommonJS load Node's modules by `require`.
    banner: {
      js: "import { createRequire as createFozRequire } from 'node:module'; const require = createFozRequire(import.meta.url);",
    },
    plugins: [places(dist), oneGraphql(root), fewDrivers],
  });
  writeFileSync(join(outdir, 'licenses.txt'), licences(root, Object.keys(metafile.inputs)));
  return metafile;
}

/** Own modules find the files beside them by `import.meta.url`, which has to be where they were before they were bundled. */
function places(from) {
  return {
    name: 'places',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/ }, ({ path }) => {
        if (!path.startsWith(from + sep)) return null;
        const text = readFileSync(path, 'utf8');
        const place = JSON.stringify(relative(from, path).replaceAll(sep, '/'));
        const url = `new URL(${place}, import.meta.url.replace(/\\/dist\\/(?!.*\\/dist\\/).*/, '/dist/')).href`;
        return { contents: withNames(text).replaceAll(/\bimport\.meta\.url\b/g, url), loader: 'js' };
      });
    },
  };
}

/**
 * Types of the control API are named after their classes, which get other names where two modules have a class of one name. esbuild's
 * own `keepNames` would slow down each function that is made.
 */
function withNames(text) {
  if (!text.includes('type-graphql')) return text;
  return text.replaceAll(
    /^(?:export )?(?:let \w+ = )?class (\w+)(?: extends \w+)? \{/gm,
    "$& static { Object.defineProperty(this, 'name', { value: '$1' }); }",
  );
}

/** Knex names the drivers of all databases that it knows; the store only uses that of PostgreSQL. */
const fewDrivers = {
  name: 'few drivers',
  setup({ onResolve }) {
    onResolve({ filter: /^mysql2$/ }, ({ importer }) =>
      /node_modules.knex/.test(importer) ? { path: 'mysql2', external: true } : null,
    );
  },
};

/** Two copies of graphql refuse each other's types, so everybody gets its ES modules. */
function oneGraphql(root) {
  const folder = join(root, 'node_modules/graphql');
  return {
    name: 'one graphql',
    setup({ onResolve }) {
      onResolve({ filter: /^graphql(?:\/|$)/ }, ({ path }) => {
        const part = path.replace(/^graphql\/?/, '').replace(/\.m?js$/, '');
        const file = [`${part}.mjs`, `${part}/index.mjs`].map((name) => join(folder, name)).find(existsSync);
        return { path: file, sideEffects: false };
      });
    },
  };
}

/** The licence of each bundled package: most ask that their text goes with their code. */
function licences(root, files) {
  const folders = new Set(
    files.flatMap(
      (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file.replaceAll(sep, '/')) ?? [],
    ),
  );
  return [...folders]
    .sort()
    .map((folder) => licence(join(root, folder)))
    .join('\n\n');
}

function licence(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const texts = readdirSync(folder)
    .filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}
