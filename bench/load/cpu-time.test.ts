import { expect, test } from 'vitest';
import { cpuSeconds, parseCpuTicks } from './cpu-time.ts';

const rest = 'S 1 7 7 0 -1 4194304 900 0 0 0 120 35 3 4 20 0 11 0 5000 1000000 2000';

test('user and system time are added, those of ended children are not', () => {
  expect(parseCpuTicks(`7 (node) ${rest}`)).toBe(155);
});

test('a program may be called anything', () => {
  expect(parseCpuTicks(`7 (a) b (c) ${rest}`)).toBe(155);
});

test('what is no such line is refused', () => {
  expect(() => parseCpuTicks('')).toThrow('no line of /proc/PID/stat');
});

test('the time of a process rises while it works', () => {
  const before = cpuSeconds([process.pid]);
  while (cpuSeconds([process.pid]) < before + 0.05);
  expect(cpuSeconds([process.pid, process.pid])).toBeGreaterThanOrEqual(2 * before + 0.1);
});
