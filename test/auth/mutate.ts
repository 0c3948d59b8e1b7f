import type { Dice } from '../conformance/dice.ts';

/** Characters that look like others, change with upper and lower case, end lines or strings, or are invalid alone. */
const odd = [
  '\u0000',
  '\n',
  '\r',
  '\t',
  ' ',
  '\u00a0',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\u0430',
  '\u0456',
  '\u0131',
  '\u0130',
  '\u212a',
  '\u017f',
  '\uff21',
  '\ud800',
  '\udc00',
  '\u{1f511}',
  'e\u0301',
  '%00',
  '..',
  '=',
  '+',
  '/',
  '~',
  '"',
  "'",
  '\\',
  ',',
  ';',
  '\x7f',
  '\xff',
];
const plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';

export function randomText(dice: Dice, length: number): string {
  let text = '';
  for (let at = 0; at < length; at++)
    text += dice.chance(95) ? plain[dice.whole(plain.length)] : dice.pick(odd);
  return text;
}

type Change = (text: string, dice: Dice, others: readonly string[]) => string;

const cut = (text: string, at: number, length: number, put: string) =>
  text.slice(0, at) + put + text.slice(at + length);

const changes: readonly Change[] = [
  (text, dice) => cut(text, dice.whole(text.length + 1), 1, plain[dice.whole(plain.length)]!),
  (text, dice) => cut(text, dice.whole(text.length + 1), 0, plain[dice.whole(plain.length)]!),
  (text, dice) => cut(text, dice.whole(text.length + 1), 1 + dice.whole(3), ''),
  (text, dice) => cut(text, dice.whole(text.length + 1), dice.whole(2), dice.pick(odd)),
  (text, dice) => text.slice(0, dice.whole(text.length + 1)),
  (text, dice) => text.slice(dice.whole(text.length + 1)),
  (text, dice) => (dice.chance(50) ? text.toUpperCase() : text.toLowerCase()),
  (text, dice) => text + randomText(dice, 1 + dice.whole(20)),
  (text, dice) => randomText(dice, 1 + dice.whole(20)) + text,
  (text) => text + text,
  (text, dice) => text.repeat(1 + dice.whole(60)),
  (text) => [...text].reverse().join(''),
  (text, dice) => {
    const at = dice.whole(text.length + 1);
    return cut(text, at, 2, [...text.slice(at, at + 2)].reverse().join(''));
  },
  (text, dice, others) => {
    const other = dice.pick(others);
    const at = dice.whole(Math.min(text.length, other.length) + 1);
    return text.slice(0, at) + other.slice(at);
  },
  (text, dice, others) => {
    const [mine, its] = [text.split('.'), dice.pick(others).split('.')];
    const at = dice.whole(mine.length);
    mine[at] = its[at % its.length]!;
    return mine.join('.');
  },
  (text, dice, others) => {
    const [mine, its] = [text.split('_'), dice.pick(others).split('_')];
    const at = dice.whole(mine.length);
    mine[at] = its[at % its.length]!;
    return mine.join('_');
  },
  (text, dice, others) => `${text}${dice.pick([',', ' ', ', ', ';', '.', ''])}${dice.pick(others)}`,
  (text) => encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, '')),
  (text) => Buffer.from(text).toString('base64'),
];

/** A text with one to four random changes; sometimes unchanged, sometimes replaced. */
export function mutated(text: string, dice: Dice, others: readonly string[]): string {
  if (dice.chance(2)) return text;
  if (dice.chance(3)) return randomText(dice, dice.whole(400));
  let changed = text;
  for (let left = 1 + dice.whole(4); left > 0; left--)
    changed = dice.pick(changes)(changed, dice, others).slice(0, 40_000);
  return changed;
}
