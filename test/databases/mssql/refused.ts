/**
 * What SQL Server refuses and other servers of its protocol take. Each rule names the error of the server, as "Database engine events and
 * errors" lists it. A statement that passes may still be wrong; one that fails would not run.
 */

type Kind = 'word' | 'name' | 'text' | 'number' | 'parameter' | 'sign';
interface Token {
  readonly kind: Kind;
  readonly text: string;
}
/** Tokens, with everything between two parentheses as one group. */
type Node = Token | Group;
interface Group {
  readonly kind: 'group';
  readonly nodes: readonly Node[];
}

const lexeme =
  /\s+|(N?'(?:[^']|'')*')|("(?:[^"]|"")*"|\[(?:[^\]]|\]\])*\])|(@@?\w+)|(\d[\d.]*(?:e[+-]?\d+)?)|([A-Za-z_#]\w*)|(::|<>|<=|>=|!=|\|\||[^\s\w])/gsy;

/** Throws where the text cannot be read, or a parenthesis has no other. */
function parse(text: string): readonly Node[] {
  const stack: Node[][] = [[]];
  for (const [, quoted, name, parameter, number, word, sign] of text.matchAll(lexeme)) {
    const own = stack.at(-1)!;
    if (quoted !== undefined) own.push({ kind: 'text', text: quoted });
    else if (name !== undefined) own.push({ kind: 'name', text: name });
    else if (parameter !== undefined) own.push({ kind: 'parameter', text: parameter });
    else if (number !== undefined) own.push({ kind: 'number', text: number });
    else if (word !== undefined) own.push({ kind: 'word', text: word.toLowerCase() });
    else if (sign === '(') stack.push([]);
    else if (sign === ')') {
      const nodes = stack.pop()!;
      if (stack.length === 0) throw new Error(`A parenthesis too many: ${text}`);
      stack.at(-1)!.push({ kind: 'group', nodes });
    } else if (sign !== undefined) own.push({ kind: 'sign', text: sign });
  }
  if (stack.length !== 1) throw new Error(`A parenthesis is not closed: ${text}`);
  return stack[0]!;
}

const is = (node: Node | undefined, ...texts: readonly string[]) =>
  node !== undefined &&
  node.kind !== 'group' &&
  (node.kind === 'word' || node.kind === 'sign') &&
  texts.includes(node.text);
const isGroup = (node: Node | undefined): node is Group => node?.kind === 'group';
const isSelect = (node: Node | undefined) => isGroup(node) && is(node.nodes[0], 'select');

function contains(nodes: readonly Node[], wanted: (node: Node) => boolean): boolean {
  return nodes.some((node) => wanted(node) || (isGroup(node) && contains(node.nodes, wanted)));
}

function split(nodes: readonly Node[], ...separators: readonly string[]): readonly (readonly Node[])[] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (is(node, ...separators)) parts.push([]);
    else parts.at(-1)!.push(node);
  }
  return parts;
}

const show = (nodes: readonly Node[]): string =>
  nodes.map((node) => (isGroup(node) ? `(${show(node.nodes)})` : node.text)).join(' ');

/** The clauses of one select, by the word that begins each. */
interface Select {
  readonly distinct: boolean;
  readonly top: boolean;
  readonly items: readonly (readonly Node[])[];
  readonly clauses: ReadonlyMap<string, readonly Node[]>;
}
const clauseWords = ['from', 'where', 'group', 'having', 'order', 'offset', 'fetch', 'limit'];

function selectOf(nodes: readonly Node[]): Select {
  const clauses = new Map<string, Node[]>();
  const list: Node[] = [];
  let current = list;
  for (const node of nodes.slice(1)) {
    if (node.kind === 'word' && clauseWords.includes(node.text)) {
      current = [];
      clauses.set(node.text, current);
    } else current.push(node);
  }
  const distinct = is(list[0], 'distinct');
  const rest = distinct ? list.slice(1) : list;
  const top = is(rest[0], 'top');
  return { distinct, top, items: split(top ? rest.slice(2) : rest, ','), clauses };
}

const aggregates = new Set([
  'count',
  'count_big',
  'sum',
  'avg',
  'min',
  'max',
  'stdev',
  'stdevp',
  'var',
  'varp',
  'string_agg',
]);
const windows = new Set(['row_number', 'rank', 'dense_rank', 'ntile']);
/** Words of other databases. */
const foreign = new Set([
  'limit',
  'lateral',
  'returning',
  'ilike',
  'true',
  'false',
  'excluded',
  'using',
  'unnest',
  'jsonb',
  'regexp',
]);
const comparing = ['=', '<', '>', '<>', '<=', '>=', '!='];
const conditions = [...comparing, 'in', 'like', 'is', 'exists', 'between', 'not', 'and', 'or'];
const mostParameters = 2098;
const mostRows = 1000;
const mostLevels = 32;

/** Why SQL Server would refuse a statement; empty: for no reason that is looked for. */
export function refusedBy(text: string): readonly string[] {
  const found = new Set<string>();
  const nodes = parse(text);
  checkParameters(text, found);
  checkBatch(nodes, text, found);
  for (const statement of statementsOf(nodes)) {
    checkWrite(statement, found);
    check(statement, { level: 0, derived: false }, found);
  }
  return [...found];
}

/** The statements of a batch, also those between BEGIN and END. */
function statementsOf(nodes: readonly Node[]): readonly (readonly Node[])[] {
  return split(nodes, ';').flatMap((part) => {
    if (is(part[0], 'begin') && is(part[1], 'transaction')) return [part];
    const at = part.findLastIndex((node) => is(node, 'begin'));
    if (at >= 0) return [part.slice(0, at), part.slice(at + 1)];
    return [is(part[0], 'end') ? part.slice(1) : part];
  });
}

/** What a batch begins, it ends; what it uses, it declares. */
function checkBatch(nodes: readonly Node[], text: string, found: Set<string>): void {
  const count = (...words: readonly string[]) =>
    nodes.filter((_, at) => words.every((word, next) => is(nodes[at + next], word))).length;
  if (count('begin', 'transaction') !== count('commit'))
    found.add('266: a transaction of the batch stays open');
  if (count('begin', 'transaction') > 0 && count('set', 'xact_abort', 'on') === 0)
    found.add('a batch whose transaction goes on after an error');
  const options = [...text.matchAll(/identity_insert \S+ (on|off);/g)].map(([, state]) => state);
  options.forEach((state, at) => {
    if (state !== (at % 2 === 0 ? 'on' : 'off')) found.add('8107: IDENTITY_INSERT of two tables');
  });
  if (options.length % 2 === 1) found.add('545: IDENTITY_INSERT stays on');
  const declared = new Set([...text.matchAll(/declare (@\w+)/g)].map(([, variable]) => variable));
  for (const [variable] of text.matchAll(/(?<!@)@(?!p\d+\b)\w+/g))
    if (!declared.has(variable)) found.add(`137: ${variable} is not declared`);
}

const writing = ['insert', 'update', 'delete'];

function checkWrite(statement: readonly Node[], found: Set<string>): void {
  if (is(statement[0], 'merge')) found.add('MERGE, whose upserts race');
  if (!is(statement[0], ...writing)) return;
  const at = statement.findIndex((node) => is(node, 'output'));
  if (at < 0) return;
  const clause = statement.slice(at + 1);
  const into = clause.findIndex((node) => is(node, 'into'));
  // Any table may have triggers, also newer ones than the catalog knows.
  if (into < 0 || clause[into + 1]?.kind !== 'parameter')
    found.add('334: OUTPUT without INTO a table variable');
  if (contains(clause.slice(0, Math.max(into, 0)), isSelect)) found.add('10705: a sub-query in OUTPUT');
  const rows = clause.slice(clause.findIndex((node) => is(node, 'values')) + 1).filter(isGroup);
  if (is(statement[0], 'insert') && rows.length > 1)
    found.add('several rows by one OUTPUT, which has no order');
}

function checkParameters(text: string, found: Set<string>): void {
  const positions = [...text.matchAll(/@p(\d+)/g)].map(([, digits]) => Number(digits));
  if (Math.max(0, ...positions) > mostParameters) found.add('8003: more parameters than a request takes');
}

interface Place {
  readonly level: number;
  /** The nodes are a sub-query, a derived table or a view. */
  readonly derived: boolean;
}

function check(nodes: readonly Node[], place: Place, found: Set<string>): void {
  if (place.level > mostLevels) found.add('191: sub-queries nested too deeply');
  checkWords(nodes, found);
  if (is(nodes[0], 'select'))
    for (const part of split(nodes, 'union', 'intersect', 'except')) {
      const select = is(part[0], 'all') ? part.slice(1) : part;
      if (is(select[0], 'select')) checkSelect(selectOf(select), place, found);
    }
  checkValues(nodes, found);
  nodes.forEach((node, at) => {
    if (!isGroup(node)) return;
    const before = nodes[at - 1];
    checkGroup(node, before, nodes[at + 1], found);
    check(node.nodes, { level: place.level + (isSelect(node) ? 1 : 0), derived: isSelect(node) }, found);
  });
}

function checkWords(nodes: readonly Node[], found: Set<string>): void {
  nodes.forEach((node, at) => {
    if (node.kind === 'word' && foreign.has(node.text)) found.add(`102: ${node.text}`);
    if (is(node, '::', '||')) found.add(`102: ${show([node])}`);
    if (is(node, 'nulls')) found.add('102: nulls first or last');
    if (is(node, 'distinct') && is(nodes[at - 1], 'is', 'not') && is(nodes[at + 1], 'from'))
      found.add('102 before SQL Server 2022: is distinct from');
    if (node.kind === 'name' && node.text.length - 2 > 128)
      found.add('103: a name of more than 128 characters');
  });
}

function checkSelect(
  { distinct, top, items, clauses }: Select,
  { derived }: Place,
  found: Set<string>,
): void {
  const order = clauses.get('order')?.slice(1);
  const limited = top || clauses.has('offset');
  if (clauses.has('offset') && order === undefined) found.add('102: OFFSET without ORDER BY');
  if (clauses.has('fetch') && !clauses.has('offset')) found.add('153: FETCH without OFFSET');
  if (top && clauses.has('offset')) found.add('10741: TOP and OFFSET');
  const fetched = clauses.get('fetch')?.[1];
  if (fetched?.kind === 'number' && fetched.text === '0') found.add('10744: FETCH of no rows');
  if (derived && order !== undefined && !limited)
    found.add(`1033: ORDER BY in a sub-query without TOP or OFFSET: ${show(order)}`);
  if (order !== undefined) checkOrder(order, distinct ? items : null, found);
  const grouped = clauses.get('group');
  if (grouped !== undefined && contains(grouped, isSelect)) found.add('144: a sub-query in GROUP BY');
  for (const item of items) if (isCondition(item)) found.add(`102: a condition as a value: ${show(item)}`);
  const from = clauses.get('from') ?? [];
  from.forEach((node, at) => {
    if (isSelect(node) && !is(from[at - 1], 'in', 'exists', '='))
      checkDerived(node as Group, from[at + 1], found);
  });
}

function checkOrder(
  order: readonly Node[],
  selected: readonly (readonly Node[])[] | null,
  found: Set<string>,
): void {
  const terms = split(order, ',').map((term) => show(term.filter((node) => !is(node, 'asc', 'desc'))));
  if (new Set(terms).size < terms.length) found.add(`169: a column twice in ORDER BY: ${terms.join(', ')}`);
  if (selected === null) return;
  const shown = new Set(selected.flatMap((item) => [show(item), show(item).replace(/ as \S+$/, '')]));
  for (const term of terms)
    if (!shown.has(term)) found.add(`145: ORDER BY something that SELECT DISTINCT does not select: ${term}`);
}

/** Whether an aggregate is called; the `max` of `nvarchar(max)` is none. */
function callsAggregate(nodes: readonly Node[]): boolean {
  return nodes.some(
    (node, at) =>
      (node.kind === 'word' && aggregates.has(node.text) && isGroup(nodes[at + 1])) ||
      (isGroup(node) && callsAggregate(node.nodes)),
  );
}

/** A condition stands where a value is wanted. Within CASE conditions are at their place. */
function isCondition(item: readonly Node[]): boolean {
  let inCase = 0;
  for (const node of item) {
    if (is(node, 'case')) inCase++;
    else if (is(node, 'end')) inCase--;
    else if (inCase === 0 && is(node, ...conditions)) return true;
  }
  return false;
}

/** Every column of a derived table has a name, and the derived table too. */
function checkDerived({ nodes }: Group, after: Node | undefined, found: Set<string>): void {
  if (after === undefined || (after.kind !== 'name' && after.kind !== 'word'))
    found.add(`102: a derived table without a name: ${show(nodes)}`);
  const names = selectOf(nodes).items.map(nameOf);
  for (const [at, name] of names.entries())
    if (name === null) found.add(`8155: column ${at + 1} of a derived table has no name: ${show(nodes)}`);
  const given = names
    .filter((name): name is string => name !== null && name !== '*')
    .map((name) => name.toLowerCase());
  if (new Set(given).size < given.length)
    found.add(`8156: a derived table with a column twice: ${given.join(', ')}`);
}

function nameOf(item: readonly Node[]): string | null {
  const [last, before] = [item.at(-1), item.at(-2)];
  if (is(last, '*')) return '*';
  if (last === undefined || last.kind === 'group') return null;
  if (is(before, 'as')) return last.text;
  return item.length === 1 || (item.length === 3 && is(before, '.'))
    ? last.kind === 'name' || last.kind === 'word'
      ? last.text
      : null
    : null;
}

function checkValues(nodes: readonly Node[], found: Set<string>): void {
  const at = nodes.findIndex((node) => is(node, 'values'));
  if (at >= 0 && nodes.slice(at).filter(isGroup).length > mostRows)
    found.add('10738: more than 1,000 rows of VALUES');
}

function checkGroup(
  group: Group,
  before: Node | undefined,
  after: Node | undefined,
  found: Set<string>,
): void {
  const word = before?.kind === 'word' ? before.text : '';
  if (aggregates.has(word)) {
    if (contains(group.nodes, isSelect)) found.add(`130: a sub-query in an aggregate: ${show(group.nodes)}`);
    if (callsAggregate(group.nodes)) found.add('130: an aggregate in an aggregate');
    if (is(group.nodes[0], 'distinct') && split(group.nodes, ',').length > 1)
      found.add('102: several columns in COUNT(DISTINCT)');
  }
  if (
    word === 'over' &&
    !is(
      group.nodes.find((node) => is(node, 'order')),
      'order',
    )
  )
    found.add('4112: a window function without ORDER BY');
  const isRow = split(group.nodes, ',').length > 1 && !isSelect(group);
  if (isRow && is(after, ...comparing, 'in')) found.add(`102: a row as a value: ${show(group.nodes)}`);
  if (windows.has(word) && !is(after, 'over')) found.add('10753: a window function without OVER');
}
