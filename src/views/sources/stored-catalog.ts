import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFacts } from '../../catalog/index.ts';
import { StateFiles } from '../../store/index.ts';

/** The last facts of each source as JSON files. A source that is down at start is served from them. */
export class StoredCatalog {
  readonly #files: StateFiles;
  readonly #access: 'reads' | 'writes';

  /** `reads`: nothing is stored or removed, since the folder may belong to a running server. */
  constructor(state: string, access: 'reads' | 'writes') {
    this.#files = new StateFiles(state);
    this.#access = access;
  }

  /** The stored facts; `null`: none, or the file is unreadable. */
  read(source: string): SourceFacts | null {
    try {
      return JSON.parse(readFileSync(this.#file(source), 'utf8')) as SourceFacts;
    } catch {
      return null;
    }
  }

  /** Stores the facts of a source in its file. Throws errors of the file system. */
  write(source: string, facts: SourceFacts): void {
    if (this.#access === 'writes') this.#files.replace(nameOf(source), JSON.stringify(facts));
  }

  /** Removes the file of a source, since another source may get its name. */
  remove(source: string): void {
    if (this.#access === 'writes') rmSync(this.#file(source), { force: true });
  }

  #file(source: string): string {
    return join(this.#files.folder, nameOf(source));
  }
}

function nameOf(source: string): string {
  return join('catalog', `${source}.json`);
}
