import { type EndSignal, FozError } from '../../core/index.ts';
import type { PoolState } from '../../plan/index.ts';
import type { EngineProcess } from './process.ts';

interface Waiter {
  readonly resolve: (engine: EngineProcess) => void;
  readonly reject: (error: unknown) => void;
}

/** Engine processes of one kind (readers, or the one writer): started on demand, at most `limit`, first come first served. */
export class Lane {
  readonly #start: () => Promise<EngineProcess>;
  readonly #limit: number;
  readonly #idle: EngineProcess[] = [];
  readonly #all = new Set<EngineProcess>();
  readonly #waiting = new Set<Waiter>();
  #starting = 0;
  #closed = false;

  constructor(limit: number, start: () => Promise<EngineProcess>) {
    this.#limit = limit;
    this.#start = start;
  }

  /** A process for the caller alone, until it is given back. Rejects with FozError `timeout` when the signal comes first. */
  take(signal: EndSignal): EngineProcess | Promise<EngineProcess> {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.alive) return idle;
      this.#all.delete(idle);
    }
    if (this.#closed) throw new FozError('unavailable', 'The database has been closed.');
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter);
        reject(
          new FozError('timeout', 'The request ended while it waited for a connection to the database.'),
        );
      };
      const waiter: Waiter = {
        resolve: (engine) => {
          signal.removeEventListener('abort', leave);
          resolve(engine);
        },
        reject: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', leave, { once: true });
      this.#grow();
    });
  }

  /** Takes a process back; a dead one is replaced when somebody waits. */
  give(engine: EngineProcess): void {
    if (!engine.alive || this.#closed) {
      this.#all.delete(engine);
      if (engine.alive) void engine.close();
      this.#grow();
      return;
    }
    const next = this.#next();
    if (next === undefined) this.#idle.push(engine);
    else next.resolve(engine);
  }

  /** Ends the idle processes; those at work are ended when they are given back. */
  async recycle(): Promise<void> {
    const idle = this.#idle.splice(0);
    for (const engine of idle) this.#all.delete(engine);
    await Promise.all(idle.map((engine) => engine.close()));
  }

  state(): PoolState {
    return { size: this.#all.size, idle: this.#idle.length, waiting: this.#waiting.size };
  }

  /** Ends all processes; what runs is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      waiter.reject(new FozError('unavailable', 'The database has been closed.'));
    }
    const idle = new Set(this.#idle.splice(0));
    await Promise.all(
      [...this.#all].map((engine) => (idle.has(engine) ? engine.close() : Promise.resolve(engine.kill()))),
    );
    this.#all.clear();
  }

  #next(): Waiter | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }

  /** Starts processes while somebody waits for one that is not on its way yet. */
  #grow(): void {
    while (
      !this.#closed &&
      this.#starting < this.#waiting.size &&
      this.#all.size + this.#starting < this.#limit
    ) {
      this.#starting++;
      this.#start().then(
        (engine) => {
          this.#starting--;
          this.#all.add(engine);
          this.give(engine);
        },
        (error: unknown) => {
          this.#starting--;
          this.#next()?.reject(error);
          this.#grow();
        },
      );
    }
  }
}
