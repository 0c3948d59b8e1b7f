import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The shortest identifier limit of a supported or planned engine: Oracle before 12.2. */
const longest = 30;

test('names that Foz itself makes are short enough for every engine', () => {
  const cases = join(import.meta.dirname, '../cases');
  const statements = readdirSync(cases, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.sql'),
  );
  const made = new Set(
    statements.flatMap(
      (file) => readFileSync(join(cases, file), 'utf8').match(/\bfoz_\w+|\bas ["`]\w+/g) ?? [],
    ),
  );
  const names = [...made].map((name) => name.replace(/^as ./, ''));
  expect(names).toEqual(expect.arrayContaining(['foz_row_number', 'c0']));
  expect(names.filter((name) => name.length > longest)).toEqual([]);
});
