import { exampleOf, linkedType, root, type Setting, sections, settingsBelow } from './settings.ts';
import { upToDate } from './up-to-date.ts';

const apart = new Set(Object.keys(sections));
const parts = Object.entries(sections).map(([name, title]) => ({
  title,
  schema: root.$defs[name]!,
  settings: settingsBelow('', root.$defs[name]!, apart),
}));
const all = parts.flatMap(({ title, settings }) => settings.map((one) => ({ ...one, title })));

test('each setting of the metadata is described', () => {
  const without = all.filter(({ schema }) => (schema.description ?? '').length < 5);
  expect(without.map(({ title, path }) => `${title}: ${path}`)).toEqual([]);
  for (const { title, schema } of parts)
    expect([title, schema.description]).toEqual([title, expect.any(String)]);
});

test('metadata-reference.md is the reference of the schema', () => {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const code = (value: unknown) =>
    value === undefined || value === null
      ? ''
      : `\`${cell(typeof value === 'string' ? value : JSON.stringify(value))}\``;
  const row = ({ path, schema, isRequired }: Setting) =>
    `| \`${path}\` | ${cell(linkedType(schema))} | ${isRequired ? 'required' : code(schema.default)} | ${code(exampleOf(schema))} | ${cell(schema.description ?? '')} |`;
  const texts = parts.map(({ title, schema, settings }) => {
    const rows = settings.map(row).join('\n');
    return `## ${title}\n\n${schema.description}\n\n| setting | type | default | example | |\n|---|---|---|---|---|\n${rows}`;
  });
  upToDate(
    'metadata-reference.md',
    `# Metadata

All settings of the metadata: \`metadata\` in \`foz.yaml\`, a file of its own, or a folder with a file for each table. This page is made from
the [JSON Schema](../schema/foz.schema.json) (\`npm run docs\`). What they mean, with examples: [relationships](relationships.md),
[permissions](permissions.md), [names](names.md). Everything beside metadata: [configuration](configuration.md).

\`\`\`yaml
metadata:
  tables:
    - source: shop
      table: orders
      select_permissions:
        - role: clerk
          permission: { columns: [id, status], filter: { shop_id: { _eq: X-Foz-Shop-Id } } }
\`\`\`

\`[]\` stands for each entry of a list, \`<name>\` for names of your own.

${texts.join('\n\n')}
`,
  );
});
