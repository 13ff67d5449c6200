import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { createCollector, range } from '../../conformance/bus/fixtures.ts';
import {
  type BusCorner,
  type BusEngine,
  busEngines,
  cornerPartitions,
  openBusCorner,
} from '../../test-support/bus-corner.ts';
import { openCutProxy } from '../../test-support/cut-proxy.ts';
import { engineTest } from '../../test-support/engines.ts';
import { openChat, type TestChat } from '../../test-support/open-chat.ts';
import { createPostgres } from '../adapters/sql/postgres/create-postgres.ts';
import { systemClock } from '../kernel/clock.ts';
import { createContext } from '../kernel/context.ts';
import type { AccountId, ConversationId, MessageId } from '../kernel/ids.ts';
import { silentLog } from '../kernel/log.ts';
import { noMetrics } from '../kernel/metrics.ts';
import { parseContent } from '../model/content.ts';
import type { Draft } from '../model/message.ts';
import { topics } from '../ports/bus.ts';
import type { AppendResult, SendMessages } from '../services/chat/api.ts';
import { createCommitter } from '../services/chat/append/committer.ts';
import { createIngestConsumer } from '../services/chat/ingest/create-ingest-consumer.ts';
import { encodeRequest } from '../services/chat/ingest/envelope.ts';
import { busGroups } from './foundation/bus-topology.ts';
import { migrateBus, openBus } from './foundation/open-bus.ts';
import { openQueuedAppend } from './foundation/open-queued-append.ts';

const partitions = cornerPartitions;
const shared = { log: silentLog, metrics: noMetrics, clock: systemClock };
const context = (timeoutMs = 60_000) => createContext(null, 'test', timeoutMs);

let t: TestChat;
const ending: (() => Promise<unknown> | undefined)[] = [];
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

/** A corner of the broker in which everything is created. */
async function migrated(engine: BusEngine, url: string): Promise<BusCorner> {
  const corner = openBusCorner(engine, url, busGroups);
  await migrateBus(corner.option, { partitions, retentionHours: 1, log: silentLog });
  ending.push(corner.clean);
  return corner;
}

/** As a process that calls chat does it. */
async function openCaller(option: string, producers = 1) {
  const { bus } = await openBus(option, { ...shared, partitions });
  const options = { bus: option, 'bus-partitions': partitions, 'ingest-producers': producers };
  const { append, unit } = await openQueuedAppend(options, { ...shared, bus });
  await unit.start?.();
  ending.push(
    () => bus.close(),
    () => unit.stop?.(),
  );
  return append;
}

/** As a process of chat does it; `database` is how it reaches the database. */
async function openConsumer(option: string, database = t.sql.url) {
  const { bus } = await openBus(option, { ...shared, partitions });
  const sql = createPostgres({ url: database });
  const committer = createCommitter({ ...shared, sql, storage: { full: () => false } });
  const consumer = createIngestConsumer({ ...shared, bus, append: committer.append, consumers: 2 });
  await consumer.start?.();
  ending.push(
    () => sql.close(),
    () => committer.unit.stop?.(),
    () => bus.close(),
    () => consumer.stop?.(),
  );
}

function createDraft(conversation: ConversationId, sender: AccountId, text: string): Draft {
  const content = JSON.stringify({ type: 'text', text });
  const { hash } = parseContent(content, JSON.parse(content));
  const nothing = { session: null, admin: false, attachment: null, replyTo: null, thread: null, mentions: [] };
  return { id: text as MessageId, conversation, sender, content, hash, ...nothing };
}

/** As the SDK does it: what nobody answered in time is sent again under the same id. */
async function insist(append: SendMessages['append'], drafts: readonly Draft[]): Promise<readonly AppendResult[]> {
  while (true) {
    const results = await append(context(), drafts);
    if (!results.some((result) => 'code' in result && result.code === 'service.unavailable')) return results;
  }
}

async function storedIn(conversation: ConversationId, sender: AccountId): Promise<string[]> {
  const rows = await t.sql.query<{ id: string }>(
    'select id from chat.messages where conversation_id = $1 and sender_id = $2 order by seq',
    [conversation, sender],
  );
  return rows.map(({ id }) => id);
}

for (const engine of busEngines) {
  describe(`the queue of drafts over ${engine}`, () => {
    engineTest(
      engine,
      'stores what several callers send at once, each conversation in the order of each',
      async (url) => {
        const { option } = await migrated(engine, url);
        await openConsumer(option);
        await openConsumer(option);
        const callers = [await openCaller(option, 2), await openCaller(option)];
        const senders = callers.map(() => t.account());
        const conversations = await Promise.all(range(0, 10).map(() => t.group(senders[0]!, [senders[1]!])));
        const sent = range(0, 30).flatMap((n) =>
          callers.map((append, i) =>
            insist(
              append,
              conversations.map((id) => createDraft(id, senders[i]!, `${n}`)),
            ),
          ),
        );
        for (const result of (await Promise.all(sent)).flat()) expect(result).toHaveProperty('seq');
        for (const id of conversations) {
          for (const sender of senders) expect(await storedIn(id, sender)).toEqual(range(0, 30).map(String));
        }
      },
    );

    engineTest(engine, 'answers what a consumer had committed when it was killed, and stores it once', async (url) => {
      const { option, prefix } = await migrated(engine, url);
      const append = await openCaller(option);
      const owner = t.account();
      const id = await t.group(owner, []);
      const member = await startMember([engine, url, prefix, t.sql.url]);
      const drafts = range(0, 20).map((n) => createDraft(id, owner, `${n}`));
      const lost = append(context(), drafts);
      await member.committed;
      member.kill();
      await openConsumer(option);
      // Its patience may end before the broker gives the dead one up: then the same ids tell.
      await lost;
      const results = await insist(append, drafts);
      expect(results.map((result) => 'seq' in result && result.seq)).toEqual(range(1, 21));
      expect(await storedIn(id, owner)).toEqual(range(0, 20).map(String));
    });

    engineTest(
      engine,
      'says "unavailable" when nobody takes drafts, and stores them when somebody does',
      async (url) => {
        const { option } = await migrated(engine, url);
        const append = await openCaller(option);
        const owner = t.account();
        const id = await t.group(owner, []);
        const drafts = range(0, 5).map((n) => createDraft(id, owner, `${n}`));
        const refused = await append(context(1_000), drafts);
        for (const result of refused) expect(result).toMatchObject({ code: 'service.unavailable' });
        await openConsumer(option);
        while ((await storedIn(id, owner)).length < 5) await delay(50);
        const told = await insist(append, drafts);
        expect(told).toMatchObject(range(1, 6).map((seq) => ({ seq, repeated: true })));
      },
    );

    engineTest(engine, 'keeps drafts while the database is away, and answers them when it is back', async (url) => {
      const { option } = await migrated(engine, url);
      const database = await openCutProxy(t.sql.url);
      ending.push(() => database.cut());
      await openConsumer(option, database.url);
      const append = await openCaller(option);
      const owner = t.account();
      const id = await t.group(owner, []);
      expect(await insist(append, [createDraft(id, owner, 'before')])).toMatchObject([{ seq: 1 }]);
      await database.cut();
      const sent = range(0, 20).map((n) => insist(append, [createDraft(id, owner, `${n}`)]));
      await delay(500);
      expect(await storedIn(id, owner)).toEqual(['before']);
      await database.restore();
      for (const [n, [result]] of (await Promise.all(sent)).entries()) expect(result).toMatchObject({ seq: n + 2 });
      expect(await storedIn(id, owner)).toEqual(['before', ...range(0, 20).map(String)]);
    });

    engineTest(engine, 'answers a record that is no draft, sets it aside, and goes on', async (url) => {
      const { option } = await migrated(engine, url);
      await openConsumer(option);
      const append = await openCaller(option);
      const { bus } = await openBus(option, { ...shared, partitions });
      ending.push(() => bus.close());
      const told = createCollector();
      await bus.listen([topics.replies], told.add, { onGap() {}, keys: ['me'] });
      const owner = t.account();
      const id = await t.group(owner, []);
      const draft = { ...createDraft(id, owner, 'bad'), sender: 'robert' as AccountId };
      await bus.publish([encodeRequest({ caller: 'me', number: 7, draft }, 0)]);
      expect(await insist(append, [createDraft(id, owner, 'good')])).toMatchObject([{ seq: 1 }]);
      await told.seen(1);
      expect(told.got[0]!.value.after).toMatchObject({ number: 7, result: { code: 'request.invalid' } });
    });
  });
}

async function startMember(given: readonly string[]) {
  const files = ['run-typescript.mjs', 'ingest-member.ts'].map((file) =>
    fileURLToPath(new URL(`../../test-support/${file}`, import.meta.url)),
  );
  const args = ['--conditions=source', '--import', ...files, ...given];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  ending.push(async () => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout);
  await once(lines, 'line');
  return { committed: once(lines, 'line'), kill: () => child.kill('SIGKILL') };
}
