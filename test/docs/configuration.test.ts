import { Ajv2020 } from 'ajv/dist/2020.js';
import { exampleOf, root, type Setting, sections, settingsBelow, typeOf } from './settings.ts';
import { upToDate } from './up-to-date.ts';

const parts = Object.entries(root.properties!);
/** Without what metadata-reference.md tells. */
const settings = settingsBelow('', root, new Set(Object.keys(sections)));

const isPart = ({ path }: Setting) =>
  settings.some((other) => other.path.startsWith(`${path}.`) || other.path.startsWith(`${path}[`));

test('each setting is described', () => {
  expect(
    settings.filter(({ schema }) => (schema.description ?? '').length < 5).map(({ path }) => path),
  ).toEqual([]);
});

test('each setting has an example, unless its parts have', () => {
  const without = settings.filter((one) => !isPart(one) && exampleOf(one.schema) === undefined);
  expect(without.map(({ path }) => path)).toEqual([]);
});

test('each example and each default is what the schema takes', () => {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strict: false });
  ajv.addSchema(root, 'foz');
  const wrong = settings.flatMap(({ path, schema }) => {
    const { $ref: _, ...own } = schema;
    const check = ajv.compile(
      JSON.parse(JSON.stringify(own).replaceAll('"#/$defs/', '"foz#/$defs/')) as object,
    );
    const given = [...(schema.examples ?? []), ...(schema.default === undefined ? [] : [schema.default])];
    // Values with `${...}` are checked only after they are replaced.
    const plain = given.filter((value) => !JSON.stringify(value).includes('${'));
    return plain.filter((value) => !check(value)).map((value) => [path, value, ajv.errorsText(check.errors)]);
  });
  expect(wrong).toEqual([]);
});

test('configuration.md is the reference of the schema', () => {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const code = (value: unknown) =>
    value === undefined ? '' : `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
  const row = ({ path, schema, isRequired }: Setting, name: string) => {
    const example =
      isPart({ path, schema, isRequired }) && schema.examples === undefined ? undefined : exampleOf(schema);
    const fallback = isRequired ? 'required' : code(schema.default);
    return `| \`${path.slice(name.length === path.length ? 0 : name.length).replace(/^\./, '')}\` | ${cell(typeOf(schema))} | ${fallback} | ${code(example)} | ${cell(schema.description ?? '')} |`;
  };
  const head = '| setting | type | default | example | |\n|---|---|---|---|---|';
  const single = settings.filter(
    ({ path }) => !/[.[]/.test(path) && !isPart(settings.find((one) => one.path === path)!),
  );
  const sections = parts.flatMap(([name, schema]) => {
    const below = settings.filter(
      ({ path }) => path !== name && (path.startsWith(`${name}.`) || path.startsWith(`${name}[`)),
    );
    if (below.length === 0) return [];
    const more =
      name === 'metadata' ? '\n\nWhat is declared of each table: [metadata](metadata-reference.md).' : '';
    const described = schema.description ?? settings.find(({ path }) => path === name)!.schema.description!;
    return [`## ${name}\n\n${described}\n\n${head}\n${below.map((one) => row(one, name)).join('\n')}${more}`];
  });
  upToDate(
    'configuration.md',
    `# Configuration

All settings of \`foz.yaml\`; those of the metadata have [a page of their own](metadata-reference.md). This page is made from its [JSON Schema](../schema/foz.schema.json) (\`npm run docs\`), which editors complete and check by:

\`\`\`yaml
# yaml-language-server: $schema=./schema/foz.schema.json
sources:
  - { name: shop, kind: postgres, url: "\${env:SHOP_URL}" }
\`\`\`

- Any text may hold \`\${env:NAME}\`, \`\${env:NAME:-default}\` or \`\${file:PATH}\`.
- Paths start at the folder of the file.
- \`foz check\` lists all problems, with line and column.
- \`[]\` stands for each entry of a list, \`<name>\` for names of your own.

## Single settings

${head}
${single.map((one) => row(one, one.path)).join('\n')}

${sections.join('\n\n')}
`,
  );
});
