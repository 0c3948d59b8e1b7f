import { LineCounter } from 'yaml';
import { parseYaml } from '../../../src/control/metadata/located-yaml.ts';

/** Numbers of metadata files that a double would change keep their digits, as text. */

test.each([
  ['9007199254740993', '9007199254740993'],
  ['-9007199254740993', '-9007199254740993'],
  ['9007199254740993.0', '9007199254740993.0'],
  ['1.50000000000000000000001', '1.50000000000000000000001'],
  ['1e400', '1e400'],
  ['0x20000000000001', '9007199254740993'],
  ['0o400000000000000001', '9007199254740993'],
  ['0x20', 32],
  ['9007199254740991', 9007199254740991],
  ['1.5', 1.5],
  ['"0x20000000000001"', '0x20000000000001'],
])('%s', (written, read) => {
  const { document, errors } = parseYaml(`{ _eq: ${written} }`, new LineCounter());
  expect(errors).toEqual([]);
  expect(document.toJS()).toEqual({ _eq: read });
});
