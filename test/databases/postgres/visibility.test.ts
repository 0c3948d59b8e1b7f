import { isVisible, parseSnapshot } from '../../../src/databases/postgres/changes/visibility.ts';

test.each<readonly [snapshot: string, id: number, visible: boolean]>([
  ['10:20:', 19, true],
  ['10:20:', 20, false],
  ['10:20:12,15', 12, false],
  ['10:20:12,15', 13, true],
  // Ids of snapshots go on where those of the log begin again.
  ['4294967290:4294967300:', 1, true],
  ['4294967290:4294967300:', 4294967295, true],
  ['4294967290:4294967300:', 5, false],
  ['4294967290:4294967300:4294967297', 1, false],
  ['4294967295:4294967295:', 2, false],
])('with the snapshot %s the transaction %d is visible: %s', (snapshot, id, visible) => {
  expect(isVisible(id, parseSnapshot(snapshot))).toBe(visible);
});
