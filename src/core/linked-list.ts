/** An item in a list. */
export interface Link<T> {
  readonly item: T;
}

interface Node<T> extends Link<T> {
  previous: Node<T> | null;
  next: Node<T> | null;
  list: LinkedList<T> | null;
}

/**
 * Items in the order in which they were added. For items that come and go with each request: a Set or a Map makes a new table
 * every now and then, and the former table refers to the new one. Once such a table is in the old generation of the heap, all
 * later tables and what they hold get there too, until the next full collection, which costs a third of the throughput. Here a
 * removed item refers to no other.
 */
export class LinkedList<T> {
  #first: Node<T> | null = null;
  #last: Node<T> | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | undefined {
    return this.#first?.item;
  }

  get firstLink(): Link<T> | null {
    return this.#first;
  }

  /** Adds an item at the end; `remove` takes what is returned. */
  add(item: T): Link<T> {
    const node: Node<T> = { item, previous: this.#last, next: null, list: this };
    if (this.#last === null) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#size++;
    return node;
  }

  /** Does nothing for an item that was removed already. */
  remove(link: Link<T>): void {
    const node = link as Node<T>;
    if (node.list !== this) return;
    const { previous, next } = node;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    node.previous = null;
    node.next = null;
    node.list = null;
    this.#size--;
  }

  /** The items, of which the current one may be removed meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let node = this.#first; node !== null; ) {
      const { item, next } = node;
      yield item;
      node = next;
    }
  }
}
