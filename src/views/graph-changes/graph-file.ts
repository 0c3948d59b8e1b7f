import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { AggregateFunction, Operator, ScalarFamily, SourceInput } from '../../catalog/index.ts';
import type { SourceName } from '../../core/index.ts';
import type { GraphCapabilities } from '../../graph/index.ts';
import { StateFiles } from '../../store/index.ts';
import type { GraphParts } from '../served-graph.ts';

/** The parts of a graph as plain data. */
interface StoredParts extends Pick<GraphParts, 'sources' | 'metadata' | 'names'> {
  readonly capabilities: Readonly<Record<string, StoredCapabilities>>;
}

interface StoredCapabilities extends Omit<GraphCapabilities, 'operators' | 'aggregates'> {
  /** Each operator with the families of scalars that it is for. */
  readonly operators: readonly (readonly [Operator, readonly ScalarFamily[]])[];
  readonly aggregates: readonly AggregateFunction[];
}

/** Increases when the format of the file changes, so that older files are ignored. */
const format = 1;
const fileName = 'graph.json.gz';

/**
 * A compressed file in the state folder with the parts from which the graph that was last served was built. The types are not stored:
 * printing those of 1,000 tables takes a second, and they can be built again from the parts.
 */
export class GraphFile {
  readonly #files: StateFiles;

  constructor(state: string) {
    this.#files = new StateFiles(state);
  }

  /** The text in the file; `null`: there is none, or it is unreadable. */
  read(): string | null {
    try {
      return gunzipSync(readFileSync(join(this.#files.folder, fileName))).toString();
    } catch {
      return null;
    }
  }

  /** Replaces the file by this text, compressed. Rejects with errors of the file system. */
  async write(text: string): Promise<void> {
    this.#files.replace(fileName, await promisify(gzip)(text, { level: 1 }));
  }
}

/** The parts in the text of a file; `null`: none, or another version of Foz wrote it. */
export function parseParts(text: string | null): GraphParts | null {
  if (text === null) return null;
  try {
    const stored = JSON.parse(text) as StoredParts & { readonly format: number };
    return stored.format === format ? partsOf(stored) : null;
  } catch {
    return null;
  }
}

/** Parts as the text of a file. Graphs from equal texts are equal. */
export function partsText({ sources, metadata, names, capabilitiesOf }: GraphParts): string {
  const capabilities = Object.fromEntries(
    sources.map(({ name }) => [name, storedCapabilities(capabilitiesOf(name))]),
  );
  return JSON.stringify({ format, sources: sources.map(withoutCounts), metadata, names, capabilities });
}

/** Estimated row counts change all the time and do not affect the graph. */
function withoutCounts({ facts, ...source }: SourceInput): SourceInput {
  const tables = facts.tables.map((table) => ({ ...table, estimatedRows: null }));
  return { ...source, facts: { ...facts, tables } };
}

function storedCapabilities(it: GraphCapabilities): StoredCapabilities {
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

function partsOf({ sources, metadata, names, capabilities }: StoredParts): GraphParts {
  const found = new Map(
    Object.entries(capabilities).map(([name, stored]) => {
      const operators = new Map(
        stored.operators.map(([operator, families]) => [operator, new Set(families)]),
      );
      return [name, { ...stored, operators, aggregates: new Set(stored.aggregates) }] as const;
    }),
  );
  return { sources, metadata, names, capabilitiesOf: (name: SourceName) => found.get(name)! };
}
