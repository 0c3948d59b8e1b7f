import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FozError } from '../../core/index.ts';
import { replaceFile, StateFiles } from '../../store/index.ts';
import { forgetNames, type NameBook, type SourceNames } from '../../views/index.ts';

/** A storage of names. */
export interface NamesKeeper {
  /** For messages. */
  readonly place: string;
  /** The stored names. Rejects with FozError. */
  read(): Promise<NameBook>;
  /**
   * Replaces the names by the result of `change`; `null`: leaves them. Resolves with the names stored afterwards. Rejects with FozError.
   */
  write(change: (book: NameBook) => NameBook | null): Promise<NameBook>;
}

/**
 * Removes the kept names of a source, or of one of its tables (`public.orders`), so that they are assigned anew. Returns the names then kept,
 * and whether there were any to remove. Rejects with FozError.
 */
export async function forgetKeptNames(
  keeper: NamesKeeper,
  source: string,
  place: string | null,
): Promise<{ readonly book: NameBook; readonly found: boolean }> {
  let found = false;
  const book = await keeper.write((before) => {
    const after = forgetNames(before, source, place);
    found = after !== null;
    return after;
  });
  return { book, found };
}

/** Names that last as long as the process. */
export class NamesInMemory implements NamesKeeper {
  readonly place = 'memory';
  #book: NameBook = {};

  async read(): Promise<NameBook> {
    return this.#book;
  }

  async write(change: (book: NameBook) => NameBook | null): Promise<NameBook> {
    this.#book = change(this.#book) ?? this.#book;
    return this.#book;
  }
}

/** The file of names in the state folder. */
const stateFileName = 'names.json';

/** Names in a file made for version control: sorted, one name per line. */
export class NamesFile implements NamesKeeper {
  readonly place: string;

  readonly #replace: (text: string) => void;

  /** `replace`: replaces the content of the file; default: it also makes the folder of the file. */
  constructor(file: string, replace = (text: string) => replaceFile(file, text)) {
    this.place = file;
    this.#replace = replace;
  }

  /** The names in a file of the state folder. */
  static inState(state: string): NamesFile {
    const files = new StateFiles(state);
    return new NamesFile(join(state, stateFileName), (text) => files.replace(stateFileName, text));
  }

  async read(): Promise<NameBook> {
    return readNamesFile(this.place);
  }

  async write(change: (book: NameBook) => NameBook | null): Promise<NameBook> {
    const before = readNamesFile(this.place);
    const after = change(before);
    if (after === null) return before;
    try {
      this.#replace(`${JSON.stringify(sorted(after), null, 2)}\n`);
    } catch (error) {
      throw new FozError('unavailable', `The names in ${this.place} cannot be written.`, {
        internal: (error as Error).message,
      });
    }
    return after;
  }
}

/** The names in a file; none where it does not exist. Throws FozError. */
export function readNamesFile(file: string): NameBook {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw unreadable(file, (error as Error).message);
  }
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    throw unreadable(file, (error as Error).message);
  }
}

function unreadable(file: string, reason: string): FozError {
  return new FozError('validation-failed', `The names in ${file} cannot be read: ${reason}`);
}

function checked(value: unknown): NameBook {
  for (const [source, names] of Object.entries(objectOf(value, 'the file'))) {
    const { customization, tables, relationships } = objectOf(names, source) as Partial<SourceNames>;
    if (typeof customization !== 'string') throw new Error(`${source}.customization must be a text`);
    textsOf(tables, `${source}.tables`);
    for (const [table, found] of Object.entries(objectOf(relationships, `${source}.relationships`)))
      textsOf(found, `${source}.relationships.${table}`);
  }
  return value as NameBook;
}

function textsOf(value: unknown, where: string): void {
  for (const [name, text] of Object.entries(objectOf(value, where)))
    if (typeof text !== 'string') throw new Error(`${where}.${name} must be a text`);
}

function objectOf(value: unknown, where: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${where} must be an object`);
  return value;
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
