import type { HopShape, OutputField, ValueCodec } from '../plan/index.ts';

/** JSON texts that hops fetched: `hops[h][r]` belongs to hop `h` of row `r`; `fixed[f]` to the f-th `rows` entry. */
export interface Fetched {
  readonly hops: readonly (readonly string[])[];
  readonly fixed: readonly string[];
}

/** One row of a statement as the JSON text of an object. */
export type WriteRow = (row: readonly unknown[], index: number, fetched: Fetched) => string;

/** Hops and fixed parts, in the order in which the writer numbers them. */
export interface Pending {
  readonly hops: readonly HopShape[];
  readonly fixed: readonly Extract<OutputField, { kind: 'rows' }>[];
}

/**
 * Compiles the row writer of a statement to JavaScript, once per plan. Its source contains only integers and JSON-quoted GraphQL names;
 * everything else is passed by reference.
 */
export function compileWriter(out: readonly OutputField[]): {
  readonly write: WriteRow;
  readonly pending: Pending;
} {
  const build = new Build();
  const body = build.object(out);
  const make = new Function(
    'text',
    'quote',
    'nodeId',
    `return function write(row, index, fetched) { return ${body}; };`,
  ) as (
    text: readonly unknown[],
    quote: (value: unknown) => string,
    nodeId: (values: string) => string,
  ) => WriteRow;
  return { write: make(build.texts, quote, nodeId), pending: { hops: build.hops, fixed: build.fixed } };
}

function quote(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value : String(value));
}

/** The text of a node id, which plan/node.ts reads. */
function nodeId(values: string): string {
  return `"${Buffer.from(`[${values}]`, 'utf8').toString('base64url')}"`;
}

class Build {
  readonly texts: unknown[] = [];
  readonly hops: HopShape[] = [];
  readonly fixed: Extract<OutputField, { kind: 'rows' }>[] = [];

  object(out: readonly OutputField[]): string {
    if (out.length === 0) return `'{}'`;
    const parts = out.map((entry, index) => {
      const label = `${index === 0 ? '{' : ','}${JSON.stringify(entry.key)}:`;
      return `${JSON.stringify(label)} + ${this.entry(entry)}`;
    });
    return `(${parts.join(' + ')} + '}')`;
  }

  private entry(entry: OutputField): string {
    switch (entry.kind) {
      case 'constant':
        return JSON.stringify(entry.json);
      case 'json':
        return `(row[${entry.index}] === null ? ${JSON.stringify(entry.empty)} : row[${entry.index}])`;
      case 'value':
        return this.nullable(entry);
      case 'node_id': {
        const values = [
          JSON.stringify(JSON.stringify(entry.mark)),
          ...entry.values.map((one) => this.nullable(one)),
        ];
        return `nodeId(${values.join(` + ',' + `)})`;
      }
      case 'object':
        if (entry.present === null) return this.object(entry.out);
        return `(row[${entry.present}] === null ? 'null' : ${this.object(entry.out)})`;
      case 'hop':
        this.hops.push(entry.hop);
        return `fetched.hops[${this.hops.length - 1}][index]`;
      case 'rows':
        this.fixed.push(entry);
        return `fetched.fixed[${this.fixed.length - 1}]`;
    }
  }

  private nullable({ index, codec }: { readonly index: number; readonly codec: ValueCodec }): string {
    return `(row[${index}] === null ? 'null' : ${this.value(`row[${index}]`, codec)})`;
  }

  private value(value: string, codec: ValueCodec): string {
    let text = value;
    if (codec.text !== undefined) {
      this.texts.push(codec.text);
      text = `text[${this.texts.length - 1}](${value})`;
    }
    if (codec.form === 'escaped') return `quote(${text})`;
    return codec.form === 'bare' ? text : `'"' + ${text} + '"'`;
  }
}
