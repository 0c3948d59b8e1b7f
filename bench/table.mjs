import { readFileSync, writeFileSync } from 'node:fs';

const peers = ['floor', 'apollo', 'postgraphile'];
const ratio = (a, b) => (b === undefined ? '' : (a / b).toFixed(2));
const whole = (number) => (number === null ? '?' : String(Math.round(number)));

function columns(row, rows) {
  const of = (who) =>
    rows.find(
      (other) => other.contestant === who && other.engine === row.engine && other.operation === row.operation,
    );
  const floor = of('floor');
  return {
    contestant: row.contestant,
    'req/s': whole(row.perSecond),
    spread: `${whole(row.slowest)}-${whole(row.fastest)}`,
    ...Object.fromEntries(
      peers.map((who) => [
        `/ ${who}`,
        row.contestant === who ? '' : ratio(row.perSecond, of(who)?.perSecond),
      ]),
    ),
    'p50 ms': row.p50.toFixed(2),
    'p99 ms': row.p99.toFixed(2),
    'p99 / floor': row === floor ? '' : ratio(row.p99, floor?.p99),
    'CPU us': whole(row.cpu),
    'database CPU us': whole(row.databaseCpu),
    'client CPU us': whole(row.clientCpu),
    errors: String(row.errors),
  };
}

function aligned(table) {
  const widths = table[0].map((_, index) => Math.max(...table.map((cells) => cells[index].length)));
  return table.map((cells) =>
    cells.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[index]))),
  );
}

/** Prints one line per contestant for one operation. */
export function printTable(rows) {
  const cells = rows.map((row) => columns(row, rows));
  console.log(`${rows[0].engine}: ${rows[0].operation}`);
  for (const line of aligned([Object.keys(cells[0]), ...cells.map(Object.values)]))
    console.log(`  ${line.join('  ')}`);
  console.log('');
}

const titles = {
  postgres: 'PostgreSQL',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
  cross: 'Across sources: PostgreSQL and MySQL',
};

/** The report as markdown: one table per engine. */
export function markdown({ environment, engines }) {
  const parts = Object.entries(engines).flatMap(([engine, { rows, memory, join }]) => {
    if (rows.length === 0) return [];
    const cells = rows.map((row) => ({ operation: row.operation, ...columns(row, rows) }));
    const shown = Object.keys(cells[0]).filter(
      (key) => cells.some((cell) => cell[key] !== '') && !['client CPU us', 'errors'].includes(key),
    );
    const line = (list) => `| ${list.join(' | ')} |`;
    const table = aligned([shown, ...cells.map((cell) => shown.map((key) => cell[key]))]);
    const rule = `|${table[0].map((cell, index) => (index < 2 ? '-'.repeat(cell.length + 2) : `${'-'.repeat(cell.length + 1)}:`)).join('|')}|`;
    const note =
      join === undefined
        ? []
        : [
            `One request at a time: ${join.foz.toFixed(2)} ms, the three statements alone ${join.statements.toFixed(2)} ms in sum: ${join.ratio.toFixed(2)} x.`,
            '',
          ];
    return [
      `### ${titles[engine]}`,
      '',
      line(table[0]),
      rule,
      ...table.slice(1).map(line),
      '',
      ...note,
      `Peak memory: ${Object.entries(memory)
        .map(([who, mb]) => `${who} ${mb} MB`)
        .join(', ')}.`,
      '',
    ];
  });
  const { date, cpu, cores, node, rounds, seconds, connections, poolSize, load } = environment;
  return [
    `${date}, ${cores} x ${cpu}, Node ${node}, ${rounds} rounds of ${seconds} s, ${connections} connections, pools of ${poolSize}, load average at the start ${load}.`,
    '',
    ...parts,
  ].join('\n');
}

/** Replaces the text between the marks in a file. Throws if the file has none. */
export function writeBetweenMarks(file, text) {
  const [open, close] = ['<!-- bench -->', '<!-- /bench -->'];
  const old = readFileSync(file, 'utf8');
  if (!old.includes(open) || !old.includes(close)) throw new Error(`${file} has no ${open} ... ${close}`);
  writeFileSync(
    file,
    `${old.slice(0, old.indexOf(open) + open.length)}\n${text}\n${old.slice(old.indexOf(close))}`,
  );
}
