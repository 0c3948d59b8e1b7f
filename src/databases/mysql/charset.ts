import type { ValueType } from '../../catalog/index.ts';

const beyondAscii = /[^\0-\x7f]/;
/** Windows 1252, which the servers call latin1. */
const beyondLatin1 = /[^\0-\x7f\xa0-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]/;
const beyondBasicPlane = /[\u{10000}-\u{10ffff}]/u;

/** Characters that the narrower character sets lack. The other ones are assumed to have every character. */
const lacking: Readonly<Record<string, RegExp>> = {
  ascii: beyondAscii,
  latin1: beyondLatin1,
  utf8: beyondBasicPlane,
  utf8mb3: beyondBasicPlane,
  ucs2: beyondBasicPlane,
};

const known = new Map<string, RegExp | null>();

/** Whether a column of the type can hold the text, as far as its character set goes. */
export function canHoldText(text: string, { nativeType }: ValueType): boolean {
  if (nativeType === undefined) return true;
  let lacks = known.get(nativeType);
  if (lacks === undefined) {
    lacks = lacking[/ character set (\w+) collate \w+$/.exec(nativeType)?.[1] ?? ''] ?? null;
    if (known.size > 10_000) known.clear();
    known.set(nativeType, lacks);
  }
  return lacks === null || !lacks.test(text);
}
