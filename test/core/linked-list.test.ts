import { LinkedList } from '../../src/core/index.ts';

describe('a linked list', () => {
  test('keeps the order in which items were added, whichever are removed', () => {
    const list = new LinkedList<string>();
    const links = ['a', 'b', 'c', 'd', 'e'].map((item) => list.add(item));
    for (const at of [2, 0, 4]) list.remove(links[at]!);
    expect([...list]).toEqual(['b', 'd']);
    list.add('f');
    expect([list.first, list.size, [...list]]).toEqual(['b', 3, ['b', 'd', 'f']]);
    for (const at of [1, 3]) list.remove(links[at]!);
    expect([list.first, list.firstLink?.item, list.size]).toEqual(['f', 'f', 1]);
  });

  test('does nothing for an item that was removed already, or is of another list', () => {
    const list = new LinkedList<number>();
    const other = new LinkedList<number>();
    const link = list.add(1);
    other.remove(link);
    expect(list.size).toBe(1);
    list.remove(link);
    list.remove(link);
    expect([list.size, list.first, [...list]]).toEqual([0, undefined, []]);
  });

  test('can be gone through while the current item is removed', () => {
    const list = new LinkedList<number>();
    const links = new Map([1, 2, 3].map((item) => [item, list.add(item)]));
    const seen: number[] = [];
    for (const item of list) {
      seen.push(item);
      list.remove(links.get(item)!);
    }
    expect([seen, list.size]).toEqual([[1, 2, 3], 0]);
  });

  test('a removed item refers to no other, so that it keeps none of them in memory', () => {
    const list = new LinkedList<object>();
    const links = [1, 2, 3].map((item) => list.add({ item }));
    list.remove(links[1]!);
    expect(Object.values(links[1]!).filter((value) => value !== null)).toEqual([{ item: 2 }]);
  });
});
