interface Waiting {
  readonly bytes: number;
  begin(): void;
}

/** The place of a run in the memory of its process. */
export interface Place {
  /** Its records have grown. A run that has begun is never stopped by others. */
  grow(bytes: number): void;
  leave(): void;
}

/** Bounds what the runs under way in a process hold in memory: one that does not fit waits, in order, until others have left. */
export class RunMemory {
  readonly #most: number;
  #held = 0;
  #runs = 0;
  readonly #queue = new Set<Waiting>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when there is room for a run; one that is larger than all of it has to be alone. Rejects with the reason of the signal. */
  enter(bytes: number, signal: AbortSignal): Promise<Place> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        bytes,
        begin: () => {
          signal.removeEventListener('abort', giveUp);
          resolve(this.#place(bytes));
        },
      };
      const giveUp = () => {
        this.#queue.delete(waiting);
        reject(signal.reason);
        this.#admit();
      };
      if (signal.aborted) return reject(signal.reason);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#queue.add(waiting);
      this.#admit();
    });
  }

  #admit(): void {
    for (const waiting of this.#queue) {
      if (this.#runs > 0 && this.#held + waiting.bytes > this.#most) return;
      this.#queue.delete(waiting);
      waiting.begin();
    }
  }

  #place(first: number): Place {
    let [bytes, isHere] = [first, true];
    this.#held += first;
    this.#runs++;
    return {
      grow: (more) => {
        if (!isHere) return;
        bytes += more;
        this.#held += more;
      },
      leave: () => {
        if (!isHere) return;
        isHere = false;
        this.#held -= bytes;
        this.#runs--;
        this.#admit();
      },
    };
  }
}
