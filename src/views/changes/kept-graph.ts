import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { AggregateFunction, Operator, ScalarFamily, SourceInput } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { GraphCapabilities } from '../../graph/index.ts';
import type { GraphParts } from '../served-graph.ts';

/** What a graph followed from, as plain data. */
interface Kept extends Pick<GraphParts, 'sources' | 'metadata' | 'names'> {
  readonly capabilities: Readonly<Record<string, KeptCapabilities>>;
}

interface KeptCapabilities extends Omit<GraphCapabilities, 'operators' | 'aggregates'> {
  /** With the families of scalars that each is for. */
  readonly operators: readonly (readonly [Operator, readonly ScalarFamily[]])[];
  readonly aggregates: readonly AggregateFunction[];
}

/** Grows when older files are not understood any more. */
const format = 1;

/**
 * What the graph was made from when it was last served, in a compressed file of the state folder. The types themselves are not kept: to
 * spell those of 1,000 tables takes a second, and what they follow from is at hand.
 */
export class KeptGraph {
  readonly #file: string;

  constructor(state: string) {
    this.#file = join(state, 'graph.json.gz');
  }

  /** As text; `null`: none is kept. */
  read(): string | null {
    try {
      return gunzipSync(readFileSync(this.#file)).toString();
    } catch {
      return null;
    }
  }

  /** Replaces the file as a whole. */
  async write(text: string): Promise<void> {
    const bytes = await promisify(gzip)(text, { level: 1 });
    mkdirSync(join(this.#file, '..'), { recursive: true });
    writeFileSync(`${this.#file}.new`, bytes);
    renameSync(`${this.#file}.new`, this.#file);
  }
}

/** What a kept text says; `null`: it is not one that this edition can read. */
export function keptParts(text: string | null): GraphParts | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as Kept & { readonly format: number };
    return kept.format === format ? partsOf(kept) : null;
  } catch {
    return null;
  }
}

/** The text to keep: equal ones make equal graphs. */
export function keptText({ sources, metadata, names, capabilitiesOf }: GraphParts): string {
  const capabilities = Object.fromEntries(
    sources.map(({ name }) => [name, keptCapabilities(capabilitiesOf(name))]),
  );
  return JSON.stringify({ format, sources: sources.map(withoutCounts), metadata, names, capabilities });
}

/** Estimated numbers of rows change all the time and are no part of the graph. */
function withoutCounts({ facts, ...source }: SourceInput): SourceInput {
  const tables = facts.tables.map((table) => ({ ...table, estimatedRows: null }));
  return { ...source, facts: { ...facts, tables } };
}

function keptCapabilities(it: GraphCapabilities): KeptCapabilities {
  const { jsonPath, jsonWrite, conflictTarget, conflictWhere } = it;
  const operators = [...it.operators]
    .map(([operator, families]) => [operator, [...families].sort()] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return {
    operators,
    aggregates: [...it.aggregates].sort(),
    jsonPath,
    jsonWrite,
    conflictTarget,
    conflictWhere,
  };
}

function partsOf({ sources, metadata, names, capabilities }: Kept): GraphParts {
  const found = new Map(
    Object.entries(capabilities).map(([name, kept]) => {
      const operators = new Map(kept.operators.map(([operator, families]) => [operator, new Set(families)]));
      return [name, { ...kept, operators, aggregates: new Set(kept.aggregates) }] as const;
    }),
  );
  return { sources, metadata, names, capabilitiesOf: (name: SourceName) => found.get(name)! };
}
