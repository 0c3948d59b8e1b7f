import { LRUCache } from 'lru-cache';
import { parseAddress, partsOfIpv6 } from '../../core/index.ts';
import { FixedWindow } from './fixed-window.ts';

/** Most addresses that are counted at once. */
const mostAddresses = 20_000;
/** Calls with a wrong credential that one address may send to a webhook in a minute. */
const attempts = { requests: 100, seconds: 60 } as const;

/** Counts calls with a wrong credential by webhook and address, so that neither guesses nor floods of one address concern others. */
export class Strangers {
  readonly #counts = new LRUCache<string, FixedWindow>({ max: mostAddresses });

  /** The seconds for which an address must wait; `null`: it may call. */
  waitOf(hook: string, address: string | null): number | null {
    return this.#counts.get(keyOf(hook, address))?.wait ?? null;
  }

  /** Counts a call with a wrong credential. */
  count(hook: string, address: string | null): void {
    const key = keyOf(hook, address);
    const known = this.#counts.get(key) ?? new FixedWindow(attempts);
    this.#counts.set(key, known);
    known.take();
  }
}

/** A caller with an IPv6 address controls the /64 network around it. */
function keyOf(hook: string, address: string | null): string {
  const parsed = address === null ? undefined : parseAddress(address);
  const parts = parsed && partsOfIpv6(parsed);
  return JSON.stringify([hook, parts === undefined ? address : parts.slice(0, 4)]);
}
