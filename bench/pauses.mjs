// Loaded into a measured process. Appends the longest pauses of its event loop to the file that FOZ_BENCH_PAUSES names.
import { appendFileSync } from 'node:fs';

const file = process.env.FOZ_BENCH_PAUSES;
const tick = 5;
let last = performance.now();
let longest = 0;
let written = last;
setInterval(() => {
  const now = performance.now();
  longest = Math.max(longest, now - last - tick);
  last = now;
  if (now - written < 200) return;
  appendFileSync(file, `${Math.round(longest)}\n`);
  longest = 0;
  written = now;
}, tick).unref();
