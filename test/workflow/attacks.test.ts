import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { parsedBody } from '../../src/workflow/hooks/body.ts';
import {
  checkSignature,
  type SignatureStyle,
  type SignedRequest,
} from '../../src/workflow/hooks/signatures.ts';
import { Scripts } from '../../src/workflow/index.ts';
import { inputFaults } from '../../src/workflow/runs/input.ts';
import { copyWithout, type Edit, removeCopies } from '../support/without.ts';

// Each attack fails, and succeeds where its check is taken out of a copy of the file, or on what the check stands before.
afterAll(removeCopies);

describe('signatures', () => {
  const file = 'workflow/hooks/signatures.ts';
  // The signature of deliveries, without all that deliveries need.
  const alone: Edit = [file, '../deliveries/index.ts', '../deliveries/signature.ts'];
  type Check = typeof checkSignature;
  const without = async (...edits: readonly (readonly [string, string])[]): Promise<Check> => {
    const own = copyWithout(
      [file, 'workflow/deliveries/signature.ts'],
      [alone, ...edits.map(([text, instead]) => [file, text, instead] as const)],
    );
    return (await import(join(own, file))).checkSignature;
  };
  const now = 1_900_000_000;
  const secret = 'a secret';
  const base: SignedRequest = {
    ...{ headers: {}, body: Buffer.from('{"pay":1}'), url: 'https://x.example/hook' },
    ...{ now: now * 1000, toleranceMs: 300_000 },
  };
  const stripe = (at: number, key = secret, body = '{"pay":1}') => ({
    'stripe-signature': `t=${at},v1=${createHmac('sha256', key).update(`${at}.${body}`).digest('hex')}`,
  });
  const github = (key: string, body = '{"pay":1}') => ({
    'x-hub-signature-256': `sha256=${createHmac('sha256', key).update(body).digest('hex')}`,
  });
  const standardSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const standard = (id: string, at: number, signed: string, key: Buffer) => ({
    ...{ 'webhook-id': id, 'webhook-timestamp': String(at) },
    'webhook-signature': `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
  });
  const signedUrl = `${base.url}?bodySHA256=${'0'.repeat(64)}`;

  const attacks: readonly (readonly [
    name: string,
    style: SignatureStyle,
    request: Partial<SignedRequest>,
    secrets: readonly string[],
    taken: readonly [string, string],
  ])[] = [
    [
      'another body',
      'github',
      { headers: github(secret), body: Buffer.from('{"pay":1000}') },
      [secret],
      ['one.length === expected.length && timingSafeEqual(one, expected)', 'one.length === expected.length'],
    ],
    [
      'the empty secret of a variable that is not set',
      'github',
      { headers: github('') },
      [''],
      ["if (secret === '') continue;", ''],
    ],
    [
      'a call that is repeated later',
      'stripe',
      { headers: stripe(now - 400) },
      [secret],
      ['Math.abs(now - Number(seconds) * 1000) > toleranceMs', 'false'],
    ],
    [
      'a call that was signed for a time to come, to be repeated until then',
      'stripe',
      { headers: stripe(now + 400) },
      [secret],
      ['Math.abs(now - Number(seconds) * 1000) > toleranceMs', 'now - Number(seconds) * 1000 > toleranceMs'],
    ],
    [
      'an old call in which the beginning of the body becomes the time',
      'standard',
      {
        headers: standard(`m1.1000`, now, `m1.1000.${now}.{"pay":1}`, Buffer.alloc(32, 7)),
      },
      [standardSecret],
      ['/^[^.\\s]{1,255}$/', '/^[^\\s]{1,255}$/'],
    ],
    [
      'a secret that is decoded to nothing',
      'standard',
      { headers: standard('m1', now, `m1.${now}.{"pay":1}`, Buffer.alloc(0)) },
      ['whsec_!!!!'],
      ['SigningSecret.read(`', 'String(`'],
    ],
    [
      'a body whose hash is not the signed one',
      'twilio',
      {
        url: signedUrl,
        headers: { 'x-twilio-signature': createHmac('sha1', secret).update(signedUrl).digest('base64') },
      },
      [secret],
      ['own === hash.toLowerCase() ? url : null', 'own === undefined ? null : url'],
    ],
    [
      'fields of a form that the signature does not cover, sent as another type',
      'twilio',
      {
        headers: { 'x-twilio-signature': createHmac('sha1', secret).update(base.url).digest('base64') },
      },
      [secret],
      ['return body.length === 0 ? url : null;', 'return url;'],
    ],
  ];

  test.each(attacks)('%s', async (_name, style, request, secrets, taken) => {
    const outcome = (check: Check) => {
      try {
        return check(style, { ...base, ...request }, secrets);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(outcome(checkSignature)).toEqual(expect.any(String));
    expect(outcome(await without())).toEqual(outcome(checkSignature));
    expect(outcome(await without(taken))).toBeNull();
  });
});

describe('bodies and patterns', () => {
  test('deep JSON is parsed, and ends whoever writes it again', async () => {
    const text = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    await expect(parsedBody(Buffer.from(text), 'application/json')).rejects.toMatchObject({ status: 400 });
    expect(() => JSON.stringify(JSON.parse(text))).toThrow(RangeError);
  });

  test('a pattern that is slow with the engine of JavaScript is not with that of schemas', () => {
    const pattern = '^(a+)+$';
    const text = `${'a'.repeat(40)}b`;
    expect(inputFaults({ type: 'string', pattern }, text)).toHaveLength(1);
    expect(() =>
      runInNewContext('new RegExp(pattern).test(text)', { pattern, text }, { timeout: 200 }),
    ).toThrow(/timed out/);
  });

  test('names of a body become properties of it, not of all objects', async () => {
    const text = '{"__proto__":{"isAdmin":true}}';
    const assign = (to: Record<string, unknown>, from: Record<string, unknown>) => {
      for (const [name, value] of Object.entries(from)) to[name] = value;
      return to;
    };
    expect((assign({}, JSON.parse(text)) as { isAdmin?: boolean }).isAdmin).toBe(true);
    const form = 'application/x-www-form-urlencoded';
    for (const [body, type] of [
      [text, 'application/json'],
      ['__proto__=isAdmin', form],
    ] as const) {
      const read = (await parsedBody(Buffer.from(body), type)) as { isAdmin?: boolean };
      expect(Object.keys(read)).toEqual(['__proto__']);
      expect(read.isAdmin).toBeUndefined();
    }
  });
});

describe('scripts', () => {
  const made: Scripts[] = [];
  afterAll(() => Promise.all(made.map((one) => one.close())));

  const without = async (...edits: readonly Edit[]): Promise<Scripts> => {
    const own = copyWithout(['workflow/scripts', 'workflow/failure.ts'], edits);
    const copy = (await import(join(own, 'workflow/scripts/scripts.ts'))) as { Scripts: typeof Scripts };
    const scripts = new copy.Scripts();
    made.push(scripts);
    return scripts;
  };
  const real = () => {
    const scripts = new Scripts();
    made.push(scripts);
    return scripts;
  };
  const run = async (scripts: Scripts, code: string, { ms = 20_000, patienceMs = 60_000 } = {}) => {
    const call = async () => 'answered';
    const signal = AbortSignal.timeout(patienceMs);
    try {
      return await scripts.run({ code, input: null, memoryMb: 32, ms }, call, signal);
    } catch (error) {
      const { code: own, failure } = error as { code?: string; failure?: { code: string } };
      return signal.aborted ? 'still running' : (failure?.code ?? own ?? String(error));
    }
  };
  const noInterrupt: Edit = [
    'workflow/scripts/worker.js',
    'this.runtime.setInterruptHandler(() => performance.now() > this.endsAt);',
    '',
  ];
  const noEnd: Edit = ['workflow/scripts/scripts.ts', '}, ms).unref();', '}, 2 ** 30).unref();'];

  test('memory beyond the limit', async () => {
    const code = 'const a = []; for (let i = 0; i < 100; i++) a.push(new Uint8Array(1e6)); return a.length';
    expect(await run(real(), code)).toBe('limit-exceeded');
    const large: Edit = [
      'workflow/scripts/worker.js',
      'const maximum = memoryMb * pagesOfMb;',
      'const maximum = 1024 * pagesOfMb;',
    ];
    expect(await run(await without(large), code)).toBe(100);
  }, 120_000);

  test('a loop without end', async () => {
    const code = 'for (;;);';
    expect(await run(real(), code, { ms: 100 })).toBe('limit-exceeded');
    // Without the interruption within the thread, the thread is ended.
    expect(await run(await without(noInterrupt), code, { ms: 100 })).toBe('limit-exceeded');
    const endless = await without(noInterrupt, noEnd);
    expect(await run(endless, code, { ms: 100, patienceMs: 8_000 })).toBe('still running');
  }, 120_000);

  test('requests without end', async () => {
    const code = 'let n = 0; for (; n < 150; n++) await foz.http({}); return n';
    expect(await run(real(), code)).toBe('data-exception');
    const unbounded: Edit = ['workflow/scripts/worker.js', 'this.number >= mostCalls || ', ''];
    expect(await run(await without(unbounded), code)).toBe(150);
  }, 120_000);

  test('a constructor of a function leads out of a sandbox of the same engine, and not out of QuickJS', async () => {
    const way = 'return foz.http.constructor("return typeof process")()';
    expect(await run(real(), way)).toBe('undefined');
    // `node:vm` has a context of its own, but the functions that are given to it are those of Node.
    const foz = { http: () => {} };
    expect(runInNewContext(`(() => { ${way} })()`, { foz })).toBe('object');
  }, 60_000);
});
