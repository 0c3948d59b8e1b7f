import type { Engine } from '../supported.ts';
import type { Ask } from './ask.ts';

/** Turns the bytes of a text column into text, as the server does when it is asked for them. */
export type TextDecoding = (bytes: Buffer) => string;

const utf8: TextDecoding = (bytes) => bytes.toString('utf8');
const utf16be: TextDecoding = (bytes) => Buffer.from(bytes).swap16().toString('utf16le');

const utf32: TextDecoding = (bytes) => {
  let text = '';
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += String.fromCodePoint(bytes.readUInt32BE(at));
  return text;
};

const byLabel = (label: string): TextDecoding => {
  const decoder = new TextDecoder(label);
  return (bytes) => decoder.decode(bytes);
};

/** Characters of `sjis` and `ujis` that Node's decoders turn into other ones than the servers do. */
const japanese: ReadonlyMap<string, string> = new Map([
  ['\uff3c', '\\'],
  ['\uff5e', '\u301c'],
  ['\u2225', '\u2016'],
  ['\uff0d', '\u2212'],
  ['\uffe0', '\u00a2'],
  ['\uffe1', '\u00a3'],
  ['\uffe2', '\u00ac'],
]);

const byJapaneseLabel = (label: string): TextDecoding => {
  const decode = byLabel(label);
  return (bytes) =>
    decode(bytes).replaceAll(/[\uff3c\uff5e\u2225\uff0d\uffe0-\uffe2]/g, (found) => japanese.get(found)!);
};

/** Character sets of several bytes per character. */
const wide: Readonly<Record<string, () => TextDecoding>> = {
  utf8: () => utf8,
  utf8mb3: () => utf8,
  utf8mb4: () => utf8,
  ucs2: () => utf16be,
  utf16: () => utf16be,
  utf16le: () => (bytes) => bytes.toString('utf16le'),
  utf32: () => utf32,
  big5: () => byLabel('big5'),
  cp932: () => byLabel('shift_jis'),
  eucjpms: () => byLabel('euc-jp'),
  euckr: () => byLabel('euc-kr'),
  gb18030: () => byLabel('gb18030'),
  gb2312: () => byLabel('gbk'),
  gbk: () => byLabel('gbk'),
  sjis: () => byJapaneseLabel('shift_jis'),
  ujis: () => byJapaneseLabel('euc-jp'),
};

/** The number of the collation `binary`, whose values are bytes. */
export const binaryCollation = 63;

/** How to decode texts, by the number of their collation. */
export type Charsets = ReadonlyMap<number, TextDecoding>;

/**
 * Reads the server's collations. The tables of character sets with one byte per character come from the server, since the tables of
 * others differ from them in some characters.
 */
export async function readCharsets(ask: Ask, engine: Engine): Promise<Charsets> {
  // A collation of MariaDB that several character sets share has a number for each, which only `collation_character_set_applicability` lists.
  const collations = engine === 'mysql' ? 'collations' : 'collation_character_set_applicability';
  const rows = await ask(`select c.id, c.character_set_name, s.maxlen from information_schema.${collations} c
    join information_schema.character_sets s on s.character_set_name = c.character_set_name`);
  const narrow = [
    ...new Set(
      rows
        .filter(([, name, most]) => Number(most) === 1 && name !== 'binary')
        .map(([, name]) => String(name)),
    ),
  ];
  const every = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('');
  const [tables] = await ask(
    `select ${narrow.map((name) => `hex(convert(_${name} x'${every}' using utf32))`).join(', ')}`,
  );
  const decodings = new Map<string, TextDecoding>();
  narrow.forEach((name, index) => {
    decodings.set(name, byTable(utf32(Buffer.from(String(tables![index]), 'hex'))));
  });
  for (const [name, make] of Object.entries(wide)) decodings.set(name, make());
  return new Map(
    rows.flatMap(([id, name]) => {
      const decoding = decodings.get(String(name));
      return decoding === undefined ? [] : [[Number(id), decoding] as const];
    }),
  );
}

/** The decoding of a character set with one byte per character. `characters`: the character of each byte. */
function byTable(characters: string): TextDecoding {
  const table = [...characters];
  return (bytes) => {
    let text = '';
    for (const byte of bytes) text += table[byte] ?? '?';
    return text;
  };
}
