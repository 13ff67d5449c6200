import { afterAll, beforeAll, expect, test } from 'vitest';
import { openChat, type TestChat } from '../../../test-support/open-chat.ts';
import { FakeSource } from '../../../test-support/rpc/fake-peers.ts';
import { systemClock } from '../../kernel/clock.ts';
import { systemContext } from '../../kernel/context.ts';
import { type AccountId, type ConversationId, createId, type MessageId } from '../../kernel/ids.ts';
import { silentLog } from '../../kernel/log.ts';
import { noMetrics } from '../../kernel/metrics.ts';
import { parseContent } from '../../model/content.ts';
import type { Draft } from '../../model/message.ts';
import { toFailureOfSql } from '../../ports/sql.ts';
import { createGrpcServer } from '../../rpc/grpc/create-grpc-server.ts';
import { createPeer } from '../../rpc/grpc/create-peer.ts';
import { createPeers } from '../../rpc/remote/create-peers.ts';
import { createRemote } from '../../rpc/remote/remote.ts';
import type { AppendResult, SendMessages } from './api.ts';
import { chatRpc } from './rpc.ts';
import type { WholeChatApi } from './trusted-api.ts';

const secret = 'of the test';
let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

/** An instance that notes whose drafts it was given. */
async function serve() {
  const given: ConversationId[] = [];
  const append: SendMessages['append'] = (ctx, drafts, onResult) => {
    given.push(...drafts.map((draft) => draft.conversation));
    return t.chat.append(ctx, drafts, onResult);
  };
  const options = { host: '127.0.0.1', port: 0, secret, log: silentLog, toFailure: toFailureOfSql };
  const server = createGrpcServer({ ...options, stopMs: 0 });
  server.add(chatRpc, { ...t.chat, append });
  await server.unit.start();
  return { given, address: `127.0.0.1:${server.port}`, stop: () => server.unit.stop() };
}

function draftOf(sender: AccountId, conversation: ConversationId, text: string): Draft {
  const content = JSON.stringify({ type: 'text', text });
  const { hash } = parseContent(content, JSON.parse(content));
  const id = createId<MessageId>();
  const nothing = { session: null, admin: false, attachment: null, replyTo: null, thread: null, mentions: [] };
  return { id, conversation, sender, content, hash, ...nothing };
}

test('drafts of many conversations go to their instances and are answered in place, also when one of these ends', async () => {
  const instances = await Promise.all([serve(), serve()]);
  const source = new FakeSource(...instances.map(({ address }) => address));
  const open = (address: string) => createPeer({ address, secret, log: silentLog });
  const peers = createPeers({ clock: systemClock, open });
  const chat = createRemote<WholeChatApi>(chatRpc, {
    source,
    peers,
    clock: systemClock,
    log: silentLog,
    metrics: noMetrics,
  });
  const ann = t.account();
  const groups = await Promise.all(Array.from({ length: 20 }, () => t.group(ann, [])));
  const append = async (round: number) => {
    const drafts = [...groups, ...groups].map((group, n) => draftOf(ann, group, `${round} ${n}`));
    const stranger = draftOf(t.account(), groups[0] as ConversationId, 'not mine');
    const heard: (AppendResult | undefined)[] = [];
    const results = await chat.append(systemContext('test', 60_000), [...drafts, stranger], (index, result) => {
      expect(heard[index]).toBeUndefined();
      heard[index] = result;
    });
    expect(heard).toEqual(results);
    expect(results.at(-1)).toMatchObject({ code: 'conversation.forbidden' });
    return results.slice(0, -1).map((result) => ('seq' in result ? result.seq : result));
  };

  expect(await append(0)).toEqual([...groups.map(() => 1), ...groups.map(() => 2)]);
  const [first, second] = instances.map(({ given }) => new Set<string>(given)) as [Set<string>, Set<string>];
  expect([...first].filter((group) => second.has(group))).toEqual([]);
  expect(Math.min(first.size, second.size)).toBeGreaterThan(0);

  await instances[0]?.stop();
  expect(await append(1)).toEqual([...groups.map(() => 3), ...groups.map(() => 4)]);
  const { items } = await t.chat.history(t.as(ann), groups[0] as ConversationId, { limit: 10 });
  expect(items.map((item) => item.seq)).toEqual([1, 2, 3, 4]);
  peers.close();
  await instances[1]?.stop();
});
