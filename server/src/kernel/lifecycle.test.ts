import { expect, test } from 'vitest';
import { joinUnits, type Unit } from './lifecycle.ts';

test('joined units start in order, stop in reverse, and fail and ail as one', async () => {
  const log: string[] = [];
  let breakIt!: (reason: Error) => void;
  const named = (name: string, more: Partial<Unit> = {}): Unit => ({
    start: async () => void log.push(`+${name}`),
    drain: async () => void log.push(`~${name}`),
    stop: async () => void log.push(`-${name}`),
    ...more,
  });
  const failed = new Promise<never>((_, reject) => {
    breakIt = reject;
  });
  const unit = joinUnits([
    named('a', { failed }),
    named('b', { health: () => ({ status: 'degraded', detail: 'b' }) }),
    {},
  ]);
  await unit.start?.();
  await unit.drain?.();
  await unit.stop?.();
  expect(log).toEqual(['+a', '+b', '~b', '~a', '-b', '-a']);
  expect(unit.health?.()).toEqual({ status: 'degraded', detail: 'b' });
  breakIt(new Error('broken'));
  await expect(unit.failed).rejects.toThrow('broken');
});

test('nothing that can fail joined never fails', () => {
  expect(joinUnits([{}, {}])).not.toHaveProperty('failed');
  expect(joinUnits([{}]).health?.()).toEqual({ status: 'ok' });
});
