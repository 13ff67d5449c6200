import { expect, test } from 'vitest';
import { createCores } from './create-cores.mjs';

/** Work that ends when it is told to, and what has begun so far. */
function createWorks(cores) {
  const begun = [];
  const ends = new Map();
  /** What is there is begun when this has resolved. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const start = (name, load) => {
    const work = () =>
      new Promise((resolve) => {
        begun.push(name);
        ends.set(name, resolve);
      });
    return load === 'alone' ? cores.alone(work) : cores.use(load, work);
  };
  const end = async (name) => {
    await settle();
    ends.get(name)();
    await settle();
  };
  return { begun, start, settle, end };
}

test('work begins while there is room, and small work goes past what does not fit', async () => {
  const { begun, start, end } = createWorks(createCores(2));
  for (const [name, load] of [
    ['a', 1.5],
    ['b', 1],
    ['c', 0.5],
    ['d', 0.5],
  ])
    start(name, load);
  await end('c');
  expect(begun).toEqual(['a', 'c', 'd']);
  await end('d');
  expect(begun).toEqual(['a', 'c', 'd']);
  await end('a');
  expect(begun).toEqual(['a', 'c', 'd', 'b']);
});

test('work for more cores than there are runs alone', async () => {
  const { begun, start, end } = createWorks(createCores(1));
  start('a', 0.5);
  start('large', 2);
  await end('a');
  start('b', 0.5);
  expect(begun).toEqual(['a', 'large']);
  await end('large');
  expect(begun).toEqual(['a', 'large', 'b']);
});

test('what must be alone is let through before what waits, and nothing begins beside it', async () => {
  const { begun, start, settle, end } = createWorks(createCores(2));
  start('a', 1);
  start('b', 2);
  start('again', 'alone');
  start('c', 1);
  await settle();
  expect(begun).toEqual(['a']);
  await end('a');
  expect(begun).toEqual(['a', 'again']);
  await end('again');
  expect(begun).toEqual(['a', 'again', 'b']);
});

test('work that throws gives its cores back', async () => {
  const cores = createCores(1);
  const failing = cores.use(1, () => Promise.reject(new Error('no')));
  const next = cores.use(1, async () => 'next');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('next');
});
