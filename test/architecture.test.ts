import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ts from 'typescript';

const root = resolve(import.meta.dirname, '..');
const layers = [
  'core',
  'outbound',
  'catalog',
  'access',
  'auth',
  'graph',
  'plan',
  'sql',
  'store',
  'databases',
  'execute',
  'views',
  'events',
  'workflow',
  'control',
  'demo',
  'resolvers',
  'serve',
  'app',
  'main',
  'cli',
];
/** Databases that are declared variants, and what they may import. */
const variants: Readonly<Record<string, string>> = {
  pglite: 'postgres',
  mariadb: 'mysql',
  kingbase: 'postgres',
};
const drivers: Readonly<Record<string, readonly string[]>> = {
  pg: ['postgres'],
  mysql2: ['mysql', 'mariadb'],
  tedious: ['mssql'],
  '@electric-sql/pglite': ['pglite', 'store'],
  // The lock on a folder is one that SQLite takes on an empty file.
  '@photostructure/sqlite': ['sqlite', 'folder-lock.ts'],
};

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
}

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined
        ? node.moduleSpecifier
        : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
          ? node.arguments[0]
          : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) {
      const { text } = specifier;
      found.push({
        from: file,
        to: text.startsWith('.')
          ? relative(root, resolve(root, dirname(file), text))
              .split(sep)
              .join('/')
          : text,
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function layerOf(file: string): string {
  const [top, second] = file.split('/');
  if (top !== 'src') return top!;
  // Files directly in src/ wire the parts: attach.ts, main.ts.
  return second!.endsWith('.ts') ? 'main' : second!;
}

const files = ['src', 'resolvers'].filter((folder) => existsSync(join(root, folder))).flatMap(sources);
const imports = files.flatMap(importsOf);
const local = imports.filter((entry) => entry.to.startsWith('src/') || entry.to.startsWith('resolvers/'));

test('every file belongs to a layer', () => {
  expect(files.filter((file) => !layers.includes(layerOf(file)))).toEqual([]);
});

test('imports point to earlier layers only', () => {
  const wrong = local.filter(({ from, to }) => layers.indexOf(layerOf(to)) > layers.indexOf(layerOf(from)));
  expect(wrong).toEqual([]);
});

test('a layer is entered through its index.ts', () => {
  const wrong = local.filter(({ from, to }) => {
    if (layerOf(from) === layerOf(to) || layerOf(to) === 'main') return false;
    return layerOf(to) === 'databases'
      ? !/^src\/databases\/\w+\/index\.ts$/.test(to)
      : to !== `src/${layerOf(to)}/index.ts` && !/^resolvers\/index\.ts$/.test(to);
  });
  expect(wrong).toEqual([]);
});

test('only attach.ts imports databases', () => {
  const wrong = local.filter(
    ({ from, to }) =>
      layerOf(to) === 'databases' && layerOf(from) !== 'databases' && from !== 'src/attach.ts',
  );
  expect(wrong).toEqual([]);
});

test('a database imports no other database, save the one it is a variant of', () => {
  const wrong = local.filter(({ from, to }) => {
    if (layerOf(from) !== 'databases' || layerOf(to) !== 'databases') return false;
    const [own, other] = [from.split('/')[2]!, to.split('/')[2]!];
    return own !== other && variants[own] !== other;
  });
  expect(wrong).toEqual([]);
});

test("a driver's package is imported by its database only", () => {
  const wrong = imports.filter(({ from, to }) => {
    const name = to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : to.split('/')[0]!;
    const allowed = drivers[name];
    return allowed !== undefined && !allowed.includes(from.split('/')[2] ?? '');
  });
  expect(wrong).toEqual([]);
});

test('the client imports nothing: it runs in browsers, and can be copied', () => {
  const wrong = sources('client')
    .flatMap(importsOf)
    .filter(({ to }) => !to.startsWith('client/'));
  expect(wrong).toEqual([]);
});

test('core imports nothing but what its caches and its networks are made of', () => {
  const allowed = ['lru-cache', 'node:v8', 'ipaddr.js'];
  const wrong = imports.filter(
    ({ from, to }) => layerOf(from) === 'core' && !to.startsWith('src/core/') && !allowed.includes(to),
  );
  expect(wrong).toEqual([]);
});

/** The nodes that can reach themselves, each with the nodes of its circle. */
function circles(arrows: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, string[]>();
  for (const [from, to] of arrows) next.set(from, [...(next.get(from) ?? []), to]);
  const reached = (start: string): Set<string> => {
    const seen = new Set<string>();
    const visit = (node: string): void => {
      for (const to of next.get(node) ?? []) {
        if (seen.has(to)) continue;
        seen.add(to);
        visit(to);
      }
    };
    visit(start);
    return seen;
  };
  const reach = new Map([...next.keys()].map((node) => [node, reached(node)] as const));
  const inCircle = [...reach.keys()].filter((node) => reach.get(node)!.has(node));
  const groups = inCircle.map((node) =>
    inCircle.filter((other) => reach.get(node)!.has(other) && reach.get(other)!.has(node)).sort(),
  );
  return [...new Map(groups.map((group) => [group.join(), group])).values()];
}

test('there are no circles between folders', () => {
  const arrows = local.map(({ from, to }) => [layerOf(from), layerOf(to)] as const);
  expect(circles(arrows.filter(([from, to]) => from !== to))).toEqual([]);
});

test('there are no circles between files, save where the thing itself is one', () => {
  expect(circles(local.map(({ from, to }) => [from, to] as const))).toEqual([
    // An aggregate contains nodes with selections, and a selection may contain aggregates.
    ['src/plan/reading/aggregate.ts', 'src/plan/reading/selection.ts'],
    // A condition refers to columns, and a masked column contains a condition.
    ['src/sql/compile/scope.ts', 'src/sql/compile/where.ts'],
  ]);
});

test('files have at most 400 lines, functions at most 60', () => {
  const long: string[] = [];
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    if (source.getLineStarts().length > 400) long.push(file);
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
        const lines =
          source.getLineAndCharacterOfPosition(node.end).line -
          source.getLineAndCharacterOfPosition(node.getStart()).line +
          1;
        if (lines > 60)
          long.push(
            `${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} (${lines} lines)`,
          );
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  expect(long).toEqual([]);
});
