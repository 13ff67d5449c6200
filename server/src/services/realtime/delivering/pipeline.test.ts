import { expect, test } from 'vitest';
import { createDeferred } from '../../../kernel/deferred.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import type { DurableDelivery } from '../../../model/delivery.ts';
import type { LiveConnection } from '../connections/live-connection.ts';
import { HubIndex } from '../hub-index.ts';
import { ServedConversation } from '../served-conversation.ts';
import { createPipeline } from './pipeline.ts';

const conversation = 'c' as ConversationId;
const deleted = (rev: number): DurableDelivery => ({ kind: 'deleted', conversation, rev, seq: 1 });

test('what could not be told is not counted as delivered: the connections resume, and it is fetched for those who come', async () => {
  const index = new HubIndex({ onUserGone: () => {}, onConversationEmpty: () => {} });
  const served = index.conversationOf(conversation);
  index.join(served, index.userOf('ann' as AccountId), { role: 'member', joinedSeq: 0, joinedRev: 1 });
  const connection = {} as LiveConnection;
  index.userOf('ann' as AccountId).connections.push(connection);
  served.changed();
  served.lastRev = 4;
  const told: number[] = [];
  const lost: LiveConnection[] = [];
  const fetched: number[] = [];
  let failing = true;
  const pipeline = createPipeline({
    ...{ index, log: silentLog, lose: (connections) => void lost.push(...connections) },
    fanOut: {
      content(_served, changes) {
        if (failing) throw new Error('out of order');
        told.push(...changes.map(({ rev }) => rev));
      },
      ...{ tell: () => {}, tellOne: () => {}, tellUntold: () => {} },
    },
    members: { apply: () => undefined, late: () => {}, settings: () => {}, introduce: async () => {} },
    async fetchMissed({ lastRev }, target) {
      fetched.push(lastRev, target);
      return { deliveries: [5, 6, 7].map(deleted), rev: target };
    },
  });
  pipeline.accept(served, [deleted(5), deleted(6)]);
  expect([lost, served.lastRev]).toEqual([[connection], 4]);
  failing = false;
  pipeline.accept(served, [deleted(7)]);
  await served.busy;
  expect([fetched, told, served.lastRev]).toEqual([[4, 6], [5, 6, 7], 7]);
});

test('what fails before its turn has come is heard when it comes, and is nobody’s stray rejection', async () => {
  const stray: unknown[] = [];
  const onStray = (reason: unknown) => void stray.push(reason);
  process.on('unhandledRejection', onStray);
  const lost: number[] = [];
  const pipeline = createPipeline({
    index: new HubIndex({ onUserGone() {}, onConversationEmpty() {} }),
    log: silentLog,
    lose: (connections: readonly unknown[]) => void lost.push(connections.length),
  } as unknown as Parameters<typeof createPipeline>[0]);
  const served = new ServedConversation('c' as ConversationId);
  const first = createDeferred();
  void pipeline.begin(served, first.promise);
  const second = pipeline.begin(served, Promise.reject(fail('conversation.unknown')));
  // A rejection counts as stray at the end of the turn in which nobody waits for it.
  await new Promise(setImmediate);
  first.resolve();
  await second;
  process.off('unhandledRejection', onStray);
  expect([stray, lost]).toEqual([[], [0]]);
});

test('what waits is bounded by its bytes: what is over is forgotten, and fetched when its turn comes', async () => {
  const index = new HubIndex({ onUserGone() {}, onConversationEmpty() {} });
  const served = index.conversationOf(conversation);
  index.join(served, index.userOf('ann' as AccountId), { role: 'member', joinedSeq: 0, joinedRev: 1 });
  served.lastRev = 1;
  const fetched: number[] = [];
  const pipeline = createPipeline({
    ...{ index, log: silentLog, lose() {} },
    fanOut: { content() {}, tell() {}, tellOne() {}, tellUntold() {} },
    members: { apply: () => undefined, late() {}, settings() {}, introduce: async () => {} },
    async fetchMissed({ lastRev }, target) {
      fetched.push(lastRev, target);
      return { deliveries: [], rev: target };
    },
  } as Parameters<typeof createPipeline>[0]);
  const first = createDeferred();
  const idle = pipeline.begin(served, first.promise);
  const content = 'x'.repeat(1024 * 1024);
  const long = (rev: number) => ({ kind: 'message', conversation, rev, message: { content } }) as DurableDelivery;
  for (let rev = 2; rev <= 9; rev++) pipeline.accept(served, [long(rev)]);
  expect(served.waiting).toEqual([]);
  pipeline.accept(served, [deleted(10)]);
  first.resolve();
  await idle;
  expect([fetched, served.lastRev]).toEqual([[1, 9], 10]);
});
