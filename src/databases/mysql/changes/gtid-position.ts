/** The last transaction of each replication domain of a MariaDB server: `0-1-1234,1-3-45`. */
export class GtidPosition {
  /** By domain: the server and the number of its last transaction. */
  readonly #domains = new Map<number, readonly [server: number, number: number]>();

  /** Reads the server's text of a position. Throws RangeError for a text that is no position. */
  static parse(text: string): GtidPosition {
    const position = new GtidPosition();
    for (const part of text.split(',').map((part) => part.trim())) {
      if (part === '') continue;
      const [domain, server, number] = part.split('-').map(Number);
      if (!/^\d+-\d+-\d+$/.test(part) || !Number.isSafeInteger(number))
        throw new RangeError(`"${part}" is not a position of transactions.`);
      position.#domains.set(domain!, [server!, number!]);
    }
    return position;
  }

  /** The sum of the numbers. It grows with every transaction, since a server numbers those of a domain in their order. */
  get count(): number {
    let sum = 0;
    for (const [, number] of this.#domains.values()) sum += number;
    return sum;
  }

  /** `source`: `domain-server`. */
  add(source: string, number: number): void {
    const [domain, server] = source.split('-').map(Number);
    this.#domains.set(domain!, [server!, number]);
  }

  toString(): string {
    return [...this.#domains]
      .sort(([a], [b]) => a - b)
      .map(([domain, [server, number]]) => `${domain}-${server}-${number}`)
      .join(',');
  }
}
