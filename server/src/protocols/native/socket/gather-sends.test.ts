import { expect, test } from 'vitest';
import { fail } from '../../../kernel/errors.ts';
import { createId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { Draft } from '../../../model/message.ts';
import type { AppendResult, SendMessages } from '../../../services/chat/api.ts';
import { type Client, type ClientOutlet, createClient } from './client.ts';
import { gatherSends } from './gather-sends.ts';

type Append = SendMessages['append'];

/** Two clients who send in one turn; what each was told. */
function sendTwo(append: Append) {
  const told: string[][] = [[], []];
  const failed: [number, unknown][] = [];
  const clients = told.map((frames): Client => {
    const connection = { send: (frame: Buffer) => void frames.push(frame.subarray(frame.indexOf('{')).toString()) };
    return { ...createClient('127.0.0.1'), connection } as unknown as Client;
  });
  const send = gatherSends({ append }, silentLog);
  for (const [i, client] of clients.entries()) {
    const draft = { id: `m${i}`, conversation: createId(), sender: createId() } as unknown as Draft;
    send({ state: client, fail: (thrown: unknown) => failed.push([i, thrown]) } as unknown as ClientOutlet, i, draft);
  }
  return { told, clients, failed };
}

const stored: AppendResult = { seq: 1, rev: 2, createdAt: '2026-01-02T03:04:05.678Z', repeated: false };
const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test('who is done is answered while the other still waits, and everybody once', async () => {
  let finish: (results: AppendResult[]) => void = () => {};
  const { told, clients } = sendTwo((_ctx, drafts, onResult) => {
    expect(drafts).toHaveLength(2);
    onResult?.(1, stored);
    return new Promise((resolve) => {
      finish = resolve;
    });
  });
  await nextTurn();
  expect(told.map((frames) => frames.length)).toEqual([0, 1]);
  finish([stored, stored]);
  await nextTurn();
  expect(told.map((frames) => frames.map((frame) => JSON.parse(frame).op))).toEqual([['sent'], ['sent']]);
  expect(clients.map((client) => client.sendsInFlight)).toEqual([0, 0]);
});

test('a call that fails fails only those who have no answer yet', async () => {
  const { told } = sendTwo(async (_ctx, _drafts, onResult) => {
    onResult?.(0, stored);
    throw fail('service.timeout');
  });
  await nextTurn();
  await nextTurn();
  expect(told.map((frames) => frames.map((frame) => JSON.parse(frame).op))).toEqual([['sent'], ['error']]);
});

test('who cannot be answered is cut off, and nobody else is told of it', async () => {
  const { told, clients, failed } = sendTwo(async () => [stored, stored]);
  const broken = new Error('no room');
  Object.assign(clients[0]?.connection ?? {}, {
    send: () => {
      throw broken;
    },
  });
  await nextTurn();
  expect(failed).toEqual([[0, broken]]);
  expect(told.map((frames) => frames.length)).toEqual([0, 1]);
  expect(told[1]?.[0]).toContain('"op":"sent"');
});
