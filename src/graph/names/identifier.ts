/**
 * Spells a database identifier as a GraphQL name (`[_A-Za-z][_0-9A-Za-z]*`, not starting with `__`):
 * 1. An identifier without small letters becomes lower case (`ORDERS`, as Oracle folds names).
 * 2. Latin letters lose their marks (`é` to `e`, `ß` to `ss`). Other letters, digits and marks become their code
 * point (`名` to `u540d`). Every run of other characters becomes one `_`, except at both ends.
 * 3. A leading digit gets `_` before it. A leading `__`, which GraphQL reserves, becomes `_`.
 * 4. If nothing is left, the name consists of the code points of all characters.
 */
export function spellName(identifier: string): string {
  const text = isUpperCase(identifier) ? identifier.toLowerCase() : identifier;
  return isLegal(text) ? text : respell(text);
}

/** As `spellName`, but keeps the case. For names that people chose and for enum labels. */
export function spellExact(text: string): string {
  return isLegal(text) ? text : respell(text);
}

const legal = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;

/** Whether the text is a legal GraphQL name that GraphQL does not reserve. */
export function isLegal(text: string): boolean {
  return legal.test(text);
}

function isUpperCase(text: string): boolean {
  return !/[a-z]/.test(text) && text === text.toUpperCase() && text !== text.toLowerCase();
}

/** Latin letters without a decomposition in Unicode. */
const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
};

function respell(text: string): string {
  const parts: string[] = [];
  let run = '';
  const end = () => {
    if (run !== '') parts.push(run);
    run = '';
  };
  for (const character of text.normalize('NFC')) {
    const latin = latinOf(character);
    if (latin !== null) run += latin;
    else {
      end();
      if (/[\p{L}\p{N}\p{M}]/u.test(character)) parts.push(codePoint(character));
    }
  }
  end();
  const name = parts.length > 0 ? parts.join('_') : [...text].map(codePoint).join('_');
  if (/^\d/.test(name)) return `_${name}`;
  return name.replace(/^__+/, '_') || '_';
}

function latinOf(character: string): string | null {
  const known = letters[character];
  if (known !== undefined) return known;
  const base = character.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');
  return /^[A-Za-z0-9_]+$/.test(base) ? base : null;
}

function codePoint(character: string): string {
  return `u${character.codePointAt(0)!.toString(16)}`;
}

/** `order_items`, `OrderItems` or `orderItems` to `orderItems`; underscores at both ends stay. */
export function camelCase(name: string): string {
  const [, lead = '', middle = '', tail = ''] = /^(_*)(.*?)(_*)$/.exec(name)!;
  const [head = '', ...rest] = middle.split(/_+/);
  const first = head.replace(/^[A-Z]+(?![a-z])|^[A-Z]/, (capitals) => capitals.toLowerCase());
  return lead + first + rest.map(capitalise).join('') + tail;
}

/** `order_items` to `OrderItems`. */
export function pascalCase(name: string): string {
  const camel = camelCase(name);
  return camel.replace(/^(_*)([a-z])/, (_, lead: string, letter: string) => lead + letter.toUpperCase());
}

/** `orderItems` or `order_items` to `ORDER_ITEMS`. */
export function upperCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
}

/** The text with its first letter as a capital. */
export function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** The first free one of `name`, `name_2`, `name_3`, ...; adds it to `taken`. */
export function takeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}_${count}`;
  taken.add(free);
  return free;
}
