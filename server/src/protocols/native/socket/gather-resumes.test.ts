import type { ClientFrame } from '@parley/contracts';
import { beforeEach, expect, test } from 'vitest';
import type { Connection } from '../../../services/realtime/api.ts';
import { type Client, createClient } from './client.ts';
import { createResumes, type Resumes } from './gather-resumes.ts';

type Resume = Extract<ClientFrame, { op: 'resume' }>;

let resumes: Resumes;
/** Ends the resumes under way. */
let answer: (() => void)[];
let asked: (number | undefined)[];

beforeEach(() => {
  resumes = createResumes({ perConnection: 3, perProcess: 5 });
  answer = [];
  asked = [];
});

const connection = {
  resume(_ref: unknown, positions: ReadonlyMap<string, unknown> | null) {
    asked.push(positions?.size);
    return new Promise<void>((resolve) => answer.push(resolve));
  },
} as unknown as Connection;

const frame = (names: string, more?: true): Resume => ({
  op: 'resume',
  positions: Object.fromEntries([...names].map((name) => [name, { epoch: 'e', seq: 0 }])),
  ...(more && { more }),
});
const take = (client: Client, resume: Resume) => resumes.take(client, connection, resume);
const isRefused = (resume: Promise<void>) =>
  resume.then(
    () => null,
    ({ code }) => code,
  );

test('gathers what several frames name, and hands it on with the last', async () => {
  const client = createClient('127.0.0.1');
  await take(client, frame('ab', true));
  expect(asked).toEqual([]);
  void take(client, frame('c'));
  expect(asked).toEqual([3]);
});

test('what waits for an answer counts, and counts no more once it has come', async () => {
  const client = createClient('127.0.0.1');
  const first = take(client, frame('abc'));
  expect(await isRefused(take(client, frame('d')))).toBe('request.invalid');
  answer[0]?.();
  await first;
  void take(client, frame('d'));
  expect(asked).toEqual([3, 1]);
});

test('naming one conversation again and again is no way around it', async () => {
  const client = createClient('127.0.0.1');
  for (let i = 0; i < 3; i++) await take(client, frame('a', true));
  expect(await isRefused(take(client, frame('a', true)))).toBe('request.invalid');
  // Refused as a whole: the next one begins anew.
  void take(client, frame('b'));
  expect(asked).toEqual([1]);
});

test('all connections together hold no more than the process may; one that goes gives back what it gathered', async () => {
  const [one, two] = [createClient('127.0.0.1'), createClient('127.0.0.1')];
  await take(one, frame('abc', true));
  expect(await isRefused(take(two, frame('abc')))).toBe('service.overloaded');
  resumes.forget(one);
  void take(two, frame('abc'));
  expect(asked).toEqual([3]);
});

test('summaries cost nothing, but only so many resumes run at once', async () => {
  const client = createClient('127.0.0.1');
  for (let i = 0; i < 32; i++) void take(client, { op: 'resume' });
  expect(await isRefused(take(client, frame('a')))).toBe('rate.limited');
  expect(client.positionsHeld).toBe(0);
});
