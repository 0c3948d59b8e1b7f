import { type Column, type RowRule, type Table, wholeTable } from '../catalog/index.ts';
import { FozError } from '../core/index.ts';
import {
  always,
  type Connector,
  type Field,
  planRuleWithin,
  type RowImage,
  rowColumns,
} from '../plan/index.ts';
import { fetchTexts, runStatement } from './fetch.ts';
import { type PreparedFetch, prepareFetch } from './prepare.ts';
import { compileWriter, type WriteRow } from './writer.ts';

const timeoutMs = 30_000;

/** Judges and writes images of rows of one table, as whoever may see everything. */
export interface ImageReader {
  /** The JSON of images: these columns, under their names in the database, with the values that the API gives. Rejects with FozError. */
  texts(images: readonly RowImage[], columns: readonly Column[]): Promise<readonly string[]>;
  /** Whether each image passes a rule. Related rows are read as they are now. */
  passes(images: readonly RowImage[], rule: RowRule): Promise<readonly boolean[]>;
}

/** A statement over images, with the columns that are sent and the writer of those that it returns. */
interface PreparedImages {
  readonly sent: readonly Column[];
  readonly prepared: PreparedFetch;
  readonly write: WriteRow;
}

/** Reads images of rows of a table by statements of its database. */
export function prepareImages(connector: Connector, given: Table): ImageReader {
  const table = wholeTable(given);
  const statements = new Map<object, PreparedImages>();
  const known = (key: object, columns: readonly Column[], rule: RowRule | null) => {
    const found = statements.get(key) ?? prepare(connector, table, columns, rule);
    statements.set(key, found);
    return found;
  };
  return {
    async texts(images, columns) {
      if (images.length === 0) return [];
      const statement = known(columns, columns, null);
      const rows = await run(connector, table, statement, images);
      return images.map((_, at) => statement.write(rows.get(at)!, 0, { hops: [], fixed: [] }));
    },
    async passes(images, rule) {
      if (images.length === 0) return [];
      const rows = await run(connector, table, known(rule, [], rule), images);
      return images.map((_, at) => rows.has(at));
    },
  };
}

function prepare(
  connector: Connector,
  table: Table,
  columns: readonly Column[],
  rule: RowRule | null,
): PreparedImages {
  const where = rule === null ? always : planRuleWithin(rule);
  const sent = distinct([...columns, ...rowColumns(where)]);
  const fields = columns.map(
    (column): Field => ({ kind: 'column', key: column.name, column, jsonPath: null }),
  );
  const prepared = prepareFetch(() => connector, table.source.name, {
    kind: 'images',
    table,
    columns: sent,
    images: { type: { scalar: 'text', array: false }, shape: 'rows', source: { kind: 'parents' }, path: '$' },
    where,
    rows: [fields],
  });
  const [part] = prepared.compiled.shape.out;
  const { write } = compileWriter(part?.kind === 'object' ? part.out : []);
  return { sent, prepared, write };
}

/** The rows of the answer, by the index of their image. */
async function run(
  connector: Connector,
  table: Table,
  { sent, prepared }: PreparedImages,
  images: readonly RowImage[],
): Promise<ReadonlyMap<number, readonly unknown[]>> {
  const running = {
    bindings: {
      ...{ variables: {}, session: new Map(), steps: [] },
      parents: images.map((image) => tupleOf(table, image, sent)),
    },
    context: { signal: AbortSignal.timeout(timeoutMs), timeoutMs },
    runnerOf: () => connector,
  };
  const { rows } = await runStatement(running, table.source.name, prepared.compiled.statement);
  return new Map(rows.map((row) => [Number(row[0]), row]));
}

function distinct(columns: readonly Column[]): readonly Column[] {
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

/** Throws FozError `not-supported` where the image lacks the value of a column. */
function tupleOf(table: Table, image: RowImage, columns: readonly Column[]): readonly unknown[] {
  return columns.map(({ name }) => {
    const at = image.columns.indexOf(name);
    const value = at < 0 ? undefined : image.values[at];
    if (value !== undefined) return value;
    throw new FozError(
      'not-supported',
      `The database does not report all values of changed rows of ${table.id}.`,
      {
        internal: `${table.id}.${name}`,
      },
    );
  });
}

/** The JSON of the rows that pass a rule, at most `most`: all columns, under their names in the database. Rejects with FozError. */
export async function readRowTexts(
  connector: Connector,
  given: Table,
  rule: RowRule,
  most: number,
): Promise<readonly string[]> {
  const table = wholeTable(given);
  const fields = table.columns.map(
    (column): Field => ({ kind: 'column', key: column.name, column, jsonPath: null }),
  );
  const select = {
    table,
    where: planRuleWithin(rule),
    orderBy: [],
    distinctOn: [],
    limit: most,
    offset: null,
    fields,
  };
  const prepared = prepareFetch(() => connector, table.source.name, { kind: 'rows', select });
  return fetchTexts(
    {
      bindings: { variables: {}, session: new Map(), steps: [], parents: null },
      context: { signal: AbortSignal.timeout(timeoutMs), timeoutMs },
      runnerOf: () => connector,
    },
    prepared,
  );
}
