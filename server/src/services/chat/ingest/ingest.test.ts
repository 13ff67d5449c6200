import { expect, test } from 'vitest';
import { createGate } from '../../../../conformance/bus/fixtures.ts';
import { createMemoryBus } from '../../../adapters/bus/memory/create-memory-bus.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { createContext } from '../../../kernel/context.ts';
import { type AccountId, type ConversationId, createId, type MessageId, type SessionId } from '../../../kernel/ids.ts';
import { silentLog } from '../../../kernel/log.ts';
import { noMetrics } from '../../../kernel/metrics.ts';
import type { Draft } from '../../../model/message.ts';
import { type Bus, type BusRecord, topics } from '../../../ports/bus.ts';
import type { AppendResult, SendMessages } from '../api.ts';
import { createIngestConsumer } from './create-ingest-consumer.ts';
import { createQueuedAppend, type QueuedAppendConfig } from './create-queued-append.ts';
import { encodeRequest } from './envelope.ts';

const one: ConversationId = createId();
const two: ConversationId = createId();
const context = (timeoutMs = 60_000) => createContext(null, 'test', timeoutMs);

function createDraft(conversation: ConversationId, text: string): Draft {
  const content = JSON.stringify({ text });
  const nothing = { session: null, admin: false, attachment: null, replyTo: null, thread: null, mentions: [] };
  const sender = createId<AccountId>();
  return { id: text as MessageId, conversation, sender, content, hash: 'a'.repeat(64), ...nothing };
}

/** A committer that numbers what it gets; `refuse` may answer otherwise. */
function createModel(refuse: (draft: Draft) => AppendResult | null = () => null) {
  const stored: string[] = [];
  const append: SendMessages['append'] = async (_ctx, drafts, onResult) =>
    drafts.map((draft, index) => {
      const refused = refuse(draft);
      if (refused) return refused;
      const at = stored.indexOf(draft.id);
      if (at < 0) stored.push(draft.id);
      const seq = at < 0 ? stored.length : at + 1;
      const result = { seq, rev: seq, createdAt: '', repeated: at >= 0 };
      onResult?.(index, result);
      return result;
    });
  return { stored, append };
}

async function open(
  append: SendMessages['append'],
  given: { config?: Partial<QueuedAppendConfig>; producers?: (bus: Bus) => Pick<Bus, 'publish'>[] } = {},
) {
  const bus = createMemoryBus({ log: silentLog, retryFirstMs: 1, retryMaxMs: 4 });
  const shared = { clock: systemClock, log: silentLog };
  let tellGap: () => void = () => {};
  const queued = createQueuedAppend({
    ...shared,
    bus: {
      listen(wanted, handler, options) {
        tellGap = options.onGap;
        return bus.listen(wanted, handler, options);
      },
    },
    producers: given.producers?.(bus) ?? [bus],
    metrics: noMetrics,
    ...(given.config && { config: given.config }),
  });
  const consumer = createIngestConsumer({ ...shared, bus, append, consumers: 2 });
  await queued.unit.start?.();
  await consumer.start?.();
  const close = async () => {
    await queued.unit.stop?.();
    await consumer.stop?.();
    await bus.close();
  };
  return { bus, append: queued.append, unit: queued.unit, tellGap: () => tellGap(), close };
}

test('every draft gets the answer of the committer, those of a conversation in order', async () => {
  const model = createModel((draft) => (draft.id === 'b2' ? { code: 'conversation.forbidden' } : null));
  const t = await open(model.append);
  const heard: number[] = [];
  const drafts = [createDraft(one, 'a1'), createDraft(two, 'b1'), createDraft(two, 'b2')];
  const first = t.append(context(), drafts, (index) => void heard.push(index));
  const second = t.append(context(), [createDraft(one, 'a2'), createDraft(one, 'a1')]);
  expect(await first).toMatchObject([{ seq: 1 }, { seq: 2 }, { code: 'conversation.forbidden' }]);
  expect(heard.sort()).toEqual([0, 1, 2]);
  expect(await second).toMatchObject([
    { seq: 3, repeated: false },
    { seq: 1, repeated: true },
  ]);
  expect(model.stored).toEqual(['a1', 'b1', 'a2']);
  await t.close();
});

test('what the committer could not decide waits, and with it all that is later', async () => {
  let outages = 3;
  const isAway = () => outages-- > 0;
  const model = createModel(() => (isAway() ? { code: 'service.unavailable' } : null));
  const t = await open(model.append);
  const sent = ['a1', 'a2', 'a3'].map((text) => t.append(context(), [createDraft(one, text)]));
  expect(await Promise.all(sent)).toMatchObject([[{ seq: 1 }], [{ seq: 2 }], [{ seq: 3 }]]);
  expect(model.stored).toEqual(['a1', 'a2', 'a3']);
  await t.close();
});

test('no answer in time is "unavailable", not "sent"; the same id tells later', async () => {
  const gate = createGate();
  const model = createModel();
  const t = await open(async (...call) => {
    await gate.opened;
    return model.append(...call);
  });
  const draft = createDraft(one, 'a1');
  expect(await t.append(context(400), [draft])).toMatchObject([{ code: 'service.unavailable', retryAfterMs: 1_000 }]);
  gate.open();
  expect(await t.append(context(), [draft])).toMatchObject([{ seq: 1, repeated: true }]);
  await t.close();
});

test('answers that may have been missed are not waited for', async () => {
  const gate = createGate();
  const t = await open(async (_ctx, drafts) => {
    await gate.opened;
    return drafts.map(() => ({ code: 'internal' }));
  });
  const sent = t.append(context(), [createDraft(one, 'a1')]);
  t.tellGap();
  expect(await sent).toMatchObject([{ code: 'service.unavailable' }]);
  gate.open();
  await t.close();
});

test('a full storage is told at once', async () => {
  const model = createModel(() => ({ code: 'storage.full', retryAfterMs: 5_000 }));
  const t = await open(model.append);
  expect(await t.append(context(), [createDraft(one, 'a1')])).toEqual([{ code: 'storage.full', retryAfterMs: 5_000 }]);
  expect(t.bus.deadLetters()).toEqual([]);
  await t.close();
});

test('what can never be committed is answered and set aside; its neighbours are stored', async () => {
  const model = createModel((draft) => (draft.id === 'bad' ? { code: 'internal' } : null));
  const t = await open(model.append);
  const drafts = ['a1', 'bad', 'a2'].map((text) => createDraft(one, text));
  expect(await t.append(context(), drafts)).toMatchObject([{ seq: 1 }, { code: 'internal' }, { seq: 2 }]);
  while (t.bus.deadLetters().length === 0) await new Promise(setImmediate);
  expect(t.bus.deadLetters()).toMatchObject([
    { topic: 'parley.ingest.ingest.dead', reason: 'It cannot be committed.' },
  ]);
  expect(model.stored).toEqual(['a1', 'a2']);
  await t.close();
});

test('a record that is no draft is set aside, and whoever it names as its caller is told', async () => {
  const model = createModel();
  const t = await open(model.append);
  const told: BusRecord[] = [];
  const listener = await t.bus.listen([topics.replies], (records) => void told.push(...records), {
    onGap() {},
    keys: ['me'],
  });
  const draft = { ...createDraft(one, 'a1'), sender: 'robert' as AccountId };
  await t.bus.publish([encodeRequest({ caller: 'me', number: 7, draft }, 0)]);
  expect(told.map(({ value }) => value.after)).toContainEqual({
    number: 7,
    result: { code: 'request.invalid', detail: 'The draft is not valid.' },
  });
  expect(t.bus.deadLetters()).toHaveLength(1);
  expect(await t.append(context(), [draft])).toMatchObject([{ code: 'request.invalid' }]);
  expect(t.bus.deadLetters()).toHaveLength(1);
  expect(model.stored).toEqual([]);
  await listener.close();
  await t.close();
});

test('a conversation keeps to one of several producers', async () => {
  const used: string[][] = [[], [], []];
  const producers = (bus: Bus) =>
    used.map((keys) => ({
      publish(records: readonly BusRecord[]) {
        keys.push(...records.map(({ key }) => key));
        return bus.publish(records);
      },
    }));
  const t = await open(createModel().append, { producers });
  const conversations = Array.from({ length: 30 }, () => createId<ConversationId>());
  for (const round of [1, 2]) {
    const drafts = conversations.map((conversation) => createDraft(conversation, `${conversation} ${round}`));
    for (const result of await t.append(context(), drafts)) expect(result).toHaveProperty('seq');
  }
  for (const keys of used) expect(keys.length).toBe(2 * new Set(keys).size);
  expect(used.filter((keys) => keys.length > 0).length).toBeGreaterThan(1);
  await t.close();
});

test('what does not reach the queue is "unavailable"', async () => {
  const broken = { publish: () => Promise.reject(new Error('the broker is away')) };
  const t = await open(createModel().append, { producers: () => [broken] });
  expect(await t.append(context(), [createDraft(one, 'a1')])).toMatchObject([{ code: 'service.unavailable' }]);
  await t.close();
});

test('too many unanswered drafts are refused, and so is all once it has stopped', async () => {
  const gate = createGate();
  const model = createModel();
  const t = await open(
    async (...call) => {
      await gate.opened;
      return model.append(...call);
    },
    { config: { maxWaiting: 2 } },
  );
  const sent = t.append(context(), [createDraft(one, 'a1'), createDraft(one, 'a2')]);
  expect(await t.append(context(), [createDraft(one, 'a3')])).toMatchObject([{ code: 'service.overloaded' }]);
  const stopped = t.unit.stop?.();
  expect(await sent).toMatchObject([{ code: 'service.unavailable' }, { code: 'service.unavailable' }]);
  gate.open();
  await stopped;
  expect(await t.append(context(), [createDraft(one, 'a4')])).toMatchObject([{ code: 'service.unavailable' }]);
  await t.close();
});

test('a draft keeps its principal in the queue; one of an earlier release has no session and no rights of an admin', async () => {
  const taken: Draft[] = [];
  const model = createModel();
  const t = await open((ctx, drafts, onResult) => {
    taken.push(...drafts);
    return model.append(ctx, drafts, onResult);
  });
  const draft = { ...createDraft(one, 'a1'), session: createId<SessionId>(), admin: true };
  await t.append(context(), [draft]);
  const { session: _, admin: __, ...earlier } = draft;
  await t.bus.publish([encodeRequest({ caller: 'me', number: 7, draft: earlier as Draft }, 0)]);
  expect(taken).toEqual([draft, { ...earlier, session: null, admin: false }]);
  await t.close();
});
