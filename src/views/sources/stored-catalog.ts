import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFacts } from '../../catalog/index.ts';

/** What each source contained when it was last read, as JSON files: a source that is down at start is served from here. */
export class StoredCatalog {
  readonly #folder: string;
  constructor(state: string) {
    this.#folder = join(state, 'catalog');
  }

  /** `null`: never stored, or not readable. */
  read(source: string): SourceFacts | null {
    try {
      return JSON.parse(readFileSync(this.#file(source), 'utf8')) as SourceFacts;
    } catch {
      return null;
    }
  }

  /** Replaces the file as a whole, so that a crash leaves the old one. Throws what the file system says. */
  write(source: string, facts: SourceFacts): void {
    mkdirSync(this.#folder, { recursive: true });
    const file = this.#file(source);
    writeFileSync(`${file}.new`, JSON.stringify(facts));
    renameSync(`${file}.new`, file);
  }

  /** Forgets one, if it is there: another source may get its name. */
  remove(source: string): void {
    rmSync(this.#file(source), { force: true });
  }

  #file(source: string): string {
    return join(this.#folder, `${source}.json`);
  }
}
