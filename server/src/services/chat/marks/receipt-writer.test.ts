import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { systemClock } from '../../../kernel/clock.ts';
import { type AccountId, type ConversationId, createId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { Sql } from '../../../ports/sql.ts';
import { createReceiptWriter } from './receipt-writer.ts';

/** A database whose writes end when they are let: `waiting` holds those under way, with the users they write for. */
function openSlow() {
  const waiting: { users: readonly string[]; end(): void; fail(): void }[] = [];
  const written: unknown[][] = [];
  const query = (_text: string, values: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const users = values[1] as string[];
      const end = (): void => {
        for (const [i, user] of users.entries()) written.push([user, (values[3] as number[])[i]]);
        resolve(users.map((user_id) => ({ user_id })));
      };
      waiting.push({ users, end, fail: () => reject(new Error('away')) });
    });
  // No window ends by itself within a test.
  const writer = createReceiptWriter({
    sql: { query } as unknown as Sql,
    log: silentLog,
    clock: systemClock,
    windowMs: 1e6,
  });
  return { writer, waiting, written };
}

const conversation = createId<ConversationId>();
const receipt = (user: AccountId, read: number, where = conversation) => ({
  conversation: where,
  user,
  delivered: read,
  read,
});

/** Users whose receipt was written once, and who each have another one kept. */
async function openWithKept(count: number) {
  const slow = openSlow();
  const users = Array.from({ length: count }, () => createId<AccountId>());
  for (const user of users) {
    const put = slow.writer.put(receipt(user, 1));
    slow.waiting.shift()?.end();
    await put;
    await slow.writer.put(receipt(user, 2));
  }
  return { ...slow, users };
}

async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => (done = true));
  await turn();
  return done;
}

test('who has nothing kept waits for nobody, and each reader for their own receipts only', async () => {
  const { writer, waiting, users } = await openWithKept(10);
  const flushes = users.map((user) => writer.flushUser(user));
  expect(waiting.map((each) => each.users)).toEqual(users.map((user) => [user]));
  expect(await isDone(writer.flushUser(createId()))).toBe(true);
  expect(await isDone(writer.flushConversation(createId()))).toBe(true);
  waiting[7]?.end();
  expect(await Promise.all(flushes.map(isDone))).toEqual(users.map((_, i) => i === 7));
});

test('who reads while their receipts are being written waits for that', async () => {
  const { writer, waiting, users } = await openWithKept(1);
  const [user] = users as [AccountId];
  const first = writer.flushUser(user);
  const second = writer.flushUser(user);
  const list = writer.flushConversation(conversation);
  expect(await Promise.all([first, second, list].map(isDone))).toEqual([false, false, false]);
  waiting[0]?.end();
  expect(await Promise.all([first, second, list].map(isDone))).toEqual([true, true, true]);
  expect(waiting).toHaveLength(1);
});

test('a conversation and the end of the process write what is kept; what fails is kept', async () => {
  const { writer, waiting, written, users } = await openWithKept(3);
  const failing = writer.flushConversation(conversation);
  expect(waiting.map((each) => each.users)).toEqual([users]);
  waiting.shift()?.fail();
  await expect(failing).rejects.toThrow('away');
  const all = writer.flushAll();
  await turn();
  waiting.shift()?.end();
  await all;
  expect(written.slice(-3)).toEqual(users.map((user) => [user, 2]));
  expect(await isDone(writer.flushAll())).toBe(true);
});
