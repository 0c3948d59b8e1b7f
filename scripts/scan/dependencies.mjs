// Checks the packages that are shipped: licences, origins, installation scripts, known vulnerabilities.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const permissive = new Set([
  'MIT',
  'MIT-0',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  '0BSD',
  'BlueOak-1.0.0',
]);
/** Packages whose installation scripts were reviewed: they build or find files of the package and download nothing. */
const knownScripts = new Set(['@apollo/protobufjs', '@photostructure/sqlite']);

/** Problems of the shipped packages in a lock file. Development packages are not checked. */
export function scanLock(lock) {
  const problems = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.dev || entry.devOptional || entry.link) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licences = String(entry.license ?? 'none')
      .match(/[\w.-]+/g)
      .filter((word) => !/^(AND|OR)$/.test(word));
    if (!licences.every((licence) => permissive.has(licence)))
      problems.push(`${name}: licence ${entry.license ?? 'unknown'}`);
    if (entry.resolved !== undefined && !entry.resolved.startsWith('https://'))
      problems.push(`${name}: comes from ${entry.resolved}`);
    if (entry.resolved !== undefined && entry.integrity === undefined)
      problems.push(`${name}: its content is not pinned`);
    if (entry.hasInstallScript && !knownScripts.has(name))
      problems.push(`${name}: runs a script when it is installed`);
  }
  return problems;
}

/** The findings in the report of `npm audit --json`; `null`: it is not a report, so nothing was checked. */
export function scanAudit(report) {
  const vulnerabilities = report?.vulnerabilities;
  if (typeof vulnerabilities !== 'object' || vulnerabilities === null) return null;
  return Object.values(vulnerabilities)
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ name, severity, range }) => `${name} ${range}: ${severity} vulnerability`);
}

function audit(root) {
  return new Promise((resolve) => {
    const options = { cwd: root, timeout: 20_000, shell: process.platform === 'win32' };
    execFile('npm', ['audit', '--omit=dev', '--json'], options, (_, out) => {
      try {
        resolve(scanAudit(JSON.parse(out)));
      } catch {
        resolve(null);
      }
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = process.argv[2] ?? join(fileURLToPath(new URL('.', import.meta.url)), '../..');
  const problems = scanLock(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const found = await audit(root);
  if (found === null)
    console.log('NOT ASKED: the registry answers no questions about known vulnerabilities.');
  problems.push(...(found ?? []));
  for (const problem of problems) console.log(problem);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
