import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceFacts } from '../../../src/catalog/index.ts';
import type { FozError } from '../../../src/core/index.ts';
import type { Engine } from '../engines.ts';

/** A statement that was sent, and the rows that the server returned. Bytes are `{ "bytes": base64 }`. */
export interface Exchange {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly rows: readonly (readonly unknown[])[];
  /** The number of written rows, where no rows were returned. */
  readonly affected?: number;
  /** The refusal of the server, in place of rows. */
  readonly error?: Pick<FozError, 'code' | 'message' | 'details'>;
}

/** The conversations of one topic of cases. */
export interface Conversation {
  /** The exchanges of each case, in the order in which they were recorded. */
  readonly cases: Readonly<Record<string, readonly Exchange[]>>;
}

/** The server that was recorded, and what introspection read from it. */
export interface Recorded {
  readonly server: string;
  readonly date: string;
  readonly facts: SourceFacts;
}

const root = join(import.meta.dirname, '../../cases');
const conversationFile = (engine: Engine, topic: string) => join(root, topic, `${engine}.recorded.json`);
const recordedFile = (engine: Engine) => join(root, `${engine}.recorded.json`);

function read<T>(file: string): T | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null;
}

/** What was recorded of an engine; `null`: nothing. */
export function recordedOf(engine: Engine): Recorded | null {
  return read(recordedFile(engine));
}

export function storeRecorded(engine: Engine, recorded: Recorded): void {
  writeFileSync(recordedFile(engine), `${JSON.stringify(recorded, null, 1)}\n`);
}

/** The conversations of a topic; `null`: none were recorded. */
export function conversationOf(engine: Engine, topic: string): Conversation | null {
  return read(conversationFile(engine, topic));
}

/** Stores the conversations of a topic, with a line for each statement. */
export function storeConversation(engine: Engine, topic: string, { cases }: Conversation): void {
  const lines = Object.entries(cases).map(([name, exchanges]) => {
    const own = exchanges.map((exchange) => `\n   ${JSON.stringify(exchange)}`);
    return `\n  ${JSON.stringify(name)}: [${own.join(',')}]`;
  });
  writeFileSync(conversationFile(engine, topic), `{"cases": {${lines.join(',')}\n}}\n`);
}

/** A value of the wire as JSON. */
export function written(value: unknown): unknown {
  return Buffer.isBuffer(value) ? { bytes: value.toString('base64') } : value;
}

/** A value of the wire from its JSON. */
export function restored(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'bytes' in value
    ? Buffer.from(String(value.bytes), 'base64')
    : value;
}
