import { type CacheState, textBytes } from '../../core/index.ts';
import type { AuditEvent } from './record.ts';

/**
 * Within a window: refusals of one address for one reason that get a record each, such refusals in total, and the
 * number and bytes of counters. Counters are bounded because a reason may contain text from the client.
 */
const each = { ofAddress: 10, together: 1_000, apart: 2_000, bytes: 4 * 2 ** 20 } as const;
/** Heap bytes of a counter, without its texts. */
const countBytes = 1_000;
/** The reason in records of refusals beyond the counters. */
const others = 'other reasons';

interface Counted {
  readonly event: AuditEvent;
  /** Refusals that got a record each. */
  written: number;
  /** Refusals after them, which are only counted. */
  counted: number;
  readonly from: number;
}

/**
 * Keeps a flood of refusals from filling the log. The first refusals of an address for a reason get a record each.
 * Later ones in the same window are counted, and become one record at its end. When very many addresses are refused,
 * they are counted together by reason.
 */
export class Refusals {
  readonly #append: (event: AuditEvent) => Promise<void>;
  readonly #windowMs: number;
  readonly #counts = new Map<string, Counted>();
  #written = 0;
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(append: (event: AuditEvent) => Promise<void>, windowMs = 60_000) {
    this.#append = append;
    this.#windowMs = windowMs;
  }

  /** The size of the counters. */
  get cache(): CacheState {
    return {
      name: 'refusals',
      bytes: this.#bytes,
      maxBytes: each.bytes,
      entries: this.#counts.size,
      evictions: 0,
    };
  }

  /** Resolves when the refusal is stored or counted. */
  async add(event: AuditEvent): Promise<void> {
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), this.#windowMs).unref();
    const isFlood = this.#written >= each.together;
    const count = this.#count(isFlood ? anonymized(event) : event);
    if (isFlood || count.written >= each.ofAddress) {
      count.counted++;
      return;
    }
    count.written++;
    this.#written++;
    await this.#append(event);
  }

  /** The counter of a refusal. */
  #count(event: AuditEvent): Counted {
    const { id, role } = event.actor;
    const key = JSON.stringify([event.address ?? null, event.reason ?? null, id, role]);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    // The bytes of the key, and of the event's texts, which are about as long.
    const bytes = countBytes + 2 * textBytes(key) + textBytes(event.operation ?? '');
    const isFull = this.#counts.size >= each.apart || this.#bytes + bytes > each.bytes;
    if (isFull && event.reason !== others) return this.#count({ ...anonymized(event), reason: others });
    const count = { event, written: 0, counted: 0, from: Date.now() };
    this.#counts.set(key, count);
    this.#bytes += bytes;
    return count;
  }

  /** Ends the window and records its counts. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const counts = [...this.#counts.values()];
    this.#counts.clear();
    this.#bytes = 0;
    this.#written = 0;
    const to = new Date().toISOString();
    await Promise.all(
      counts
        .filter(({ counted }) => counted > 0)
        .map(({ event: { requestId: _, operation: __, ...event }, counted, from }) =>
          this.#append({ ...event, after: { refusals: counted, from: new Date(from).toISOString(), to } }),
        ),
    );
  }
}

/** The event without its originator, as one of many. */
function anonymized({ actor: { kind }, ...event }: AuditEvent): AuditEvent {
  return { ...event, address: null, actor: { kind, id: null, role: null }, keyId: null };
}
