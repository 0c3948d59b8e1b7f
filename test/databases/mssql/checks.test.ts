import { allowedValues, namesIn, validJson } from '../../../src/databases/mssql/checks.ts';

describe('checks as SQL Server prints them', () => {
  test.each([
    [
      `([status]='paused' OR [status]='closed' OR [status]='active')`,
      'status',
      ['active', 'closed', 'paused'],
    ],
    [`([1st]=N'ünïcode' OR [1st]=N'it''s')`, '1st', [`it's`, 'ünïcode']],
    [`([odd]]name]='a')`, 'odd]name', ['a']],
  ])('%s is a list', (condition, column, values) => {
    expect(allowedValues(condition)).toEqual({ column, values });
  });

  test.each([
    `([a]='x' OR [b]='y')`,
    `([a]='x' AND [a]='y')`,
    `([a]>(0))`,
    `([a]='x' OR [a] IS NULL)`,
    `(len([a])='1')`,
    '',
  ])('%s is none', (condition) => expect(allowedValues(condition)).toBeNull());

  test.each([
    ['(isjson([attributes])=(1))', 'attributes'],
    ['(isjson([attributes])>(0))', 'attributes'],
    ['(isjson([attributes])=(0))', null],
    [`(isjson([attributes],'object')=(1))`, null],
  ])('%s', (condition, column) => expect(validJson(condition)).toBe(column));

  test('names', () => {
    expect([...namesIn(`([a]>=(0) AND [b c]<>'[d]')`)]).toEqual(['a', 'b c']);
  });
});
