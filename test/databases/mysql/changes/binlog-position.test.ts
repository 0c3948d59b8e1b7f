import {
  binlogPositionOf,
  FileBinlogPosition,
  GtidBinlogPosition,
} from '../../../../src/databases/mysql/changes/binlog-position.ts';
import { GtidPosition } from '../../../../src/databases/mysql/changes/gtid-position.ts';
import { GtidSet } from '../../../../src/databases/mysql/changes/gtid-set.ts';

const [a, b] = ['3e11fa47-71ca-11e1-9e33-c80aa9429562', '00000000-71ca-11e1-9e33-c80aa9429562'] as const;
const start = { at: null, isStatement: false, isPrepared: false };

test('a set of GTIDs joins what touches, and has the text of the server', () => {
  const set = GtidSet.parse(`${a.toUpperCase()}:1-5:11-18,\n${b}:27`);
  expect([set.count, String(set)]).toEqual([14, `${b}:27,${a}:1-5:11-18`]);
  for (const number of [6, 19, 8, 7]) set.add(a, number);
  set.add(b, 1);
  expect([set.count, String(set)]).toEqual([19, `${b}:1:27,${a}:1-8:11-19`]);
  set.add(a, 3);
  expect(set.count).toBe(19);
  expect(String(GtidSet.parse(String(set)))).toBe(String(set));
});

test('a set of GTIDs with tags keeps those of each tag', () => {
  const set = GtidSet.parse(`${a}:1-5:shop:1-3:7,${b}:other:2`);
  set.add(`${a}:shop`, 4);
  set.add(a, 6);
  expect([set.count, String(set)]).toEqual([12, `${b}:other:2,${a}:1-6:shop:1-4:7`]);
});

test('texts that are no set are refused', () => {
  for (const text of ['x', `${a}:`, `${a}:0`, `${a}:1-x`, `${a}:99999999999999999999`])
    expect(() => GtidSet.parse(text)).toThrow(RangeError);
  for (const text of ['1-2', '0-1-x', '0-1-99999999999999999999'])
    expect(() => GtidPosition.parse(text)).toThrow(RangeError);
});

test('positions grow as texts with every transaction, also beyond a power of ten and in other domains', () => {
  const places = [
    new GtidBinlogPosition(GtidSet.parse(`${a}:1-8`)),
    new GtidBinlogPosition(GtidPosition.parse('0-1-8')),
    new FileBinlogPosition('binlog.000009', 8, 5),
  ];
  for (const [kind, place] of places.entries()) {
    const source = kind === 0 ? [a, b] : ['0-1', '5-2'];
    const positions = [place.position];
    for (let number = 9; number < 30; number++) {
      if (number % 10 === 0) place.enter(`binlog.0000${number}`, 4);
      place.pass(
        { ...start, source: source[number % 2]!, number: kind === 0 ? number * 2 : number },
        number * 100,
      );
      positions.push(place.position);
    }
    expect([...new Set(positions)].sort()).toEqual(positions);
    for (const position of positions)
      expect(binlogPositionOf(position, kind === 1 ? 'mariadb' : 'mysql').position).toBe(position);
  }
});

test('a file with the name of an earlier one is another place', () => {
  const place = binlogPositionOf(new FileBinlogPosition('binlog.000001', 300, 1000).position, 'mysql');
  place.enter('binlog.000001', 300);
  expect(() => place.check(1000)).not.toThrow();
  const later = binlogPositionOf(place.position, 'mysql');
  later.enter('binlog.000001', 300);
  expect(() => later.check(2000)).toThrow(expect.objectContaining({ code: 'not-found' }));
  later.enter('binlog.000002', 4);
  expect(() => later.check(2000)).not.toThrow();
});
