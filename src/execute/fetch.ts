import { FozError, FozErrors, mostBytes, type SourceName, tooLong } from '../core/index.ts';
import {
  type Bindings,
  type RunContext,
  type Runner,
  type RunResult,
  resolveParam,
  type Statement,
  valueErrors,
} from '../plan/index.ts';
import { gatherKeys } from './gather-keys.ts';
import type { OwnWrites } from './operation-request.ts';
import type { PreparedFetch, PreparedHop } from './prepare.ts';
import { TimeSlice } from './time-slice.ts';
import type { Fetched } from './writer.ts';
import type { Called, Written } from './written.ts';

/** The context of a running request that every statement of its plan uses. */
export interface Running {
  readonly bindings: Bindings;
  readonly context: RunContext;
  /** Returns the connector of a source, or its open transaction. */
  readonly runnerOf: (source: SourceName) => Runner;
  /** Collects the writes; absent for reads. */
  readonly written?: Written[];
  /** Collects the calls outside of the sources; absent for reads. */
  readonly called?: Called[];
  /** How writes are committed; absent for reads. */
  readonly writes?: OwnWrites;
}

/** Binds and runs one statement. An error that concerns the source as a whole names the source. */
export async function runStatement(
  running: Running,
  source: SourceName,
  statement: Statement,
): Promise<RunResult> {
  const values = bindValues(statement, running.bindings);
  try {
    return await running.runnerOf(source).run(statement, values, running.context);
  } catch (error) {
    throw ofSource(ofValue(error, statement), source);
  }
}

const sources = new WeakMap<FozError, SourceName>();

/** The source whose statement failed with this error; `undefined`: the error is not that of a statement. */
export function failedSource(error: FozError): SourceName | undefined {
  return sources.get(error);
}

/** Adds the path of the value to a database error about a value, if the error can only concern one value of the statement. */
function ofValue(error: unknown, { slots }: Statement): unknown {
  if (!(error instanceof FozError) || error.code !== 'data-exception' || (error.path ?? '$') !== '$')
    return error;
  const paths = new Set(slots.flatMap(({ param }) => (param.type.scalar === 'opaque' ? [param.path] : [])));
  const [path] = paths;
  if (path === undefined || paths.size > 1) return error;
  const { code, message, details, internal } = error;
  return new FozError(code, message, { path, details, internal, cause: error });
}

/** Adds the name of the source to the errors that concern a source as a whole: `unavailable` and a changed schema. */
export function ofSource(error: unknown, source: SourceName): unknown {
  if (!(error instanceof FozError)) return error;
  if (!sources.has(error)) sources.set(error, source);
  if (error.code !== 'unavailable' && error.code !== 'not-found') return error;
  if (error.details?.source !== undefined) return error;
  const named = new FozError(error.code, `Source "${source}": ${error.message}`, {
    path: error.path,
    details: { ...error.details, source },
    internal: error.internal,
    cause: error,
  });
  sources.set(named, source);
  return named;
}

const none: readonly FozError[] = [];

/** Driver values for every slot. All values that do not fit are reported together. */
export function bindValues(statement: Statement, bindings: Bindings): unknown[] {
  const { slots } = statement;
  const values = new Array<unknown>(slots.length);
  let problems: FozError[] | undefined;
  for (let index = 0; index < slots.length; index++) {
    const { param, encode } = slots[index]!;
    const value = resolveParam(param, bindings);
    const found =
      param.source.kind === 'step' || param.source.kind === 'parents' ? none : valueErrors(param, value);
    if (found.length > 0) {
      problems ??= [];
      problems.push(...found);
    } else values[index] = value === null && param.shape === 'value' ? null : encode(value);
  }
  if (problems !== undefined) throw distinct(problems);
  return values;
}

/** Several problems as one error, without duplicates. */
export function distinct(problems: readonly FozError[]): FozError | FozErrors {
  const seen = new Map(problems.map((problem) => [`${problem.path} ${problem.message}`, problem]));
  const errors = [...seen.values()];
  return errors.length === 1 ? errors[0]! : new FozErrors(errors);
}

/** Rows of a root fetch as JSON texts, one per row. */
export async function fetchTexts(running: Running, fetch: PreparedFetch): Promise<string[]> {
  const { rows } = await runStatement(running, fetch.source, fetch.compiled.statement);
  return writeRows(running, fetch, rows);
}

/** Writes rows after everything below them has been fetched. */
export async function writeRows(
  running: Running,
  fetch: PreparedFetch,
  rows: RunResult['rows'],
): Promise<string[]> {
  const fetched =
    fetch.hops.length === 0 && fetch.fixed.length === 0 ? nothing : await fetchBelow(running, fetch, rows);
  const texts = new Array<string>(rows.length);
  const most = running.context.held?.limit ?? mostBytes;
  const slice = new TimeSlice();
  let length = 0;
  for (let index = 0; index < rows.length; index++) {
    const text = fetch.write(rows[index]!, index, fetched);
    // A child that many parents share is fetched once but written once per parent, so the length of the text is limited, too.
    length += text.length + 1;
    if (length > most) throw tooLong(most);
    texts[index] = text;
    if (slice.isOver(index)) await slice.next();
  }
  return texts;
}

const nothing: Fetched = { hops: [], fixed: [] };

async function fetchBelow(running: Running, fetch: PreparedFetch, rows: RunResult['rows']): Promise<Fetched> {
  const fixed = Promise.all(
    fetch.fixed.map(async (entry) => listText(await fetchTexts(running, entry.fetch))),
  );
  const hops = Promise.all(fetch.hops.map((hop) => fetchHop(running, fetch, hop, rows)));
  return { fixed: await fixed, hops: await hops };
}

/** Fetches the children of all rows. Returns the JSON text of the children of each row. */
async function fetchHop(
  running: Running,
  fetch: PreparedFetch,
  hop: PreparedHop,
  rows: RunResult['rows'],
): Promise<string[]> {
  const gathered =
    hop.reader === null
      ? {
          tuples: running.bindings.parents!,
          of: Int32Array.from(rows, (row) => Number(row[fetch.compiled.shape.parent!])),
        }
      : await gatherKeys(rows, hop.reader);
  const texts = gathered.tuples.length === 0 ? [] : await fetchChildren(running, hop, gathered.tuples);
  const absent = absentText(hop);
  return Array.from(rows, (_, index) => texts[gathered.of[index]!] ?? absent);
}

async function fetchChildren(
  running: Running,
  hop: PreparedHop,
  tuples: readonly (readonly unknown[])[],
): Promise<string[]> {
  const fetch = hop.fetchFor(tuples.length);
  const below: Running = { ...running, bindings: { ...running.bindings, parents: tuples } };
  const { rows } = await runStatement(below, fetch.source, fetch.compiled.statement);
  const complete = hop.kind === 'aggregate' ? withAbsent(fetch, rows, tuples.length) : rows;
  const texts = await writeRows(below, fetch, complete);
  const parent = fetch.compiled.shape.parent!;
  const grouped = new Array<string[] | undefined>(tuples.length);
  for (let index = 0; index < texts.length; index++) {
    const at = Number(complete[index]![parent]);
    const group = grouped[at];
    if (group === undefined) grouped[at] = [texts[index]!];
    else group.push(texts[index]!);
  }
  const absent = absentText(hop);
  const single = hop.kind === 'object' || hop.kind === 'aggregate';
  return Array.from(grouped, (group) =>
    group === undefined ? absent : single ? group[0]! : listText(group),
  );
}

/** Adds an aggregate for each parent without rows: counts are 0, all else is null. */
function withAbsent(fetch: PreparedFetch, rows: RunResult['rows'], parents: number): RunResult['rows'] {
  const { absent, shape } = fetch.compiled;
  const parent = shape.parent!;
  const there = new Set(rows.map((row) => Number(row[parent])));
  if (there.size === parents) return rows;
  const all = [...rows];
  for (let index = 0; index < parents; index++) {
    if (!there.has(index)) all.push(absent!.map((value, at) => (at === parent ? index : value)));
  }
  return all;
}

/** The text for a parent without a key. An aggregate then counts no rows: see `emptyAggregate`. */
function absentText(hop: PreparedHop): string {
  if (hop.kind === 'object') return 'null';
  if (hop.kind !== 'aggregate') return '[]';
  return emptyAggregate(hop);
}

const empties = new WeakMap<PreparedHop, string>();
function emptyAggregate(hop: PreparedHop): string {
  let text = empties.get(hop);
  if (text === undefined) {
    const fetch = hop.fetchFor(1);
    const hops = fetch.hops.map((below) => [absentText(below)]);
    text = fetch.write(fetch.compiled.absent!, 0, { hops, fixed: [] });
    empties.set(hop, text);
  }
  return text;
}

/** `[a,b]` */
export function listText(texts: readonly string[]): string {
  return `[${texts.join(',')}]`;
}
