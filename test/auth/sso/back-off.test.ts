import { BackOff } from '../../../src/auth/index.ts';

const free = 5;

function failing(times: number, backOff = new BackOff(), account = 'ada', address = 'a') {
  let now = 0;
  const waits: number[] = [];
  for (let at = 0; at < times; at++) {
    const wait = backOff.wait(account, address, now);
    waits.push(wait);
    now += wait;
    if (wait > 0) expect(backOff.wait(account, address, now)).toBe(0);
  }
  return { backOff, waits, now };
}

test('after some failures each further one doubles the wait, up to a quarter of an hour', () => {
  const { waits } = failing(free + 14);
  expect(waits.slice(0, free + 5)).toEqual([0, 0, 0, 0, 0, 1_000, 2_000, 4_000, 8_000, 16_000]);
  expect(waits.at(-1)).toBe(900_000);
});

test('attempts at the same time count each', () => {
  const backOff = new BackOff();
  const waits = Array.from({ length: 20 }, () => backOff.wait('ada', 'a', 0));
  expect(waits.filter((wait) => wait === 0)).toHaveLength(free);
});

test('a success forgets the failures of the account there, and no others', () => {
  const { backOff, now } = failing(free);
  backOff.succeeded('ada', 'a');
  expect(backOff.wait('ada', 'a', now)).toBe(0);
  failing(free, backOff, 'bob');
  expect(backOff.wait('bob', 'a', 0)).toBeGreaterThan(0);
  expect(backOff.wait('bob', 'b', 0)).toBe(0);
});

test('an attempt that was not decided does not count', () => {
  const backOff = new BackOff();
  for (let at = 0; at < 50; at++) {
    expect(backOff.wait('ada', 'a', 0)).toBe(0);
    backOff.takeBack('ada', 'a');
  }
});

test('one address that tries many accounts waits, and so does one account that many addresses try, but not its person', () => {
  const backOff = new BackOff();
  expect(backOff.wait('ada', 'home', 0)).toBe(0);
  backOff.succeeded('ada', 'home');
  const byAddress = Array.from({ length: 110 }, (_, at) => backOff.wait(`account ${at}`, 'a', 0));
  expect(byAddress.filter((wait) => wait === 0)).toHaveLength(100);
  const byAccount = Array.from({ length: 60 }, (_, at) => backOff.wait('ada', `address ${at}`, 0));
  expect(byAccount.filter((wait) => wait === 0)).toHaveLength(50);
  expect(backOff.wait('ada', 'home', 0)).toBe(0);
});
