import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Draft } from './draft.ts';
import { createMemoryStore } from './key-value-store.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { createTestClock } from './testing/test-clock.ts';

const text = (value: string) => ({ type: 'text' as const, text: value });

/** A server that stores once per (conversation, id), loses answers with the connection, and refuses at will. */
function createBench(window = 4) {
  const clock = createTestClock();
  const store = createMemoryStore();
  const wire: { draft: Draft; ref: number }[] = [];
  const stored = new Map<string, string[]>();
  const sent: string[] = [];
  const failed: string[] = [];
  let online = false;
  const build = (): Outbox =>
    createOutbox({
      clock,
      random: () => 0.5,
      store,
      prefix: 'd.',
      window,
      maxDrafts: 100,
      transmit(draft, ref) {
        if (!online) return false;
        wire.push({ draft, ref });
        return true;
      },
      onSent: (draft) => sent.push(draft.id),
      onFailed: (draft) => failed.push(draft.id),
      onChange: () => {},
    });
  const bench = {
    clock,
    store,
    wire,
    stored,
    sent,
    failed,
    outbox: build(),
    add(conversation: string, id: string) {
      bench.outbox.add({ id, conversation, content: text(id), createdAt: '' });
    },
    up() {
      online = true;
      bench.outbox.online();
    },
    down() {
      online = false;
      wire.length = 0;
      bench.outbox.offline();
    },
    reload() {
      bench.down();
      bench.outbox.stop();
      bench.outbox = build();
      bench.outbox.load();
    },
    /** Stores the oldest frame on the wire and answers it, or loses the answer together with the connection. */
    serve(answer: boolean) {
      const next = wire.shift();
      if (!next) return;
      const ids = stored.get(next.draft.conversation) ?? [];
      if (!ids.includes(next.draft.id)) ids.push(next.draft.id);
      stored.set(next.draft.conversation, ids);
      if (answer) bench.outbox.onAnswer(next.ref, { seq: ids.indexOf(next.draft.id) + 1, rev: 1, createdAt: '' });
      else bench.down();
    },
    /** What rule 5 and the one order of a conversation ask of a server: the refused one and all after it in flight. */
    refuseRest() {
      const first = wire[0];
      if (!first) return;
      const rest = wire.filter((w) => w.draft.conversation === first.draft.conversation);
      const others = wire.filter((w) => w.draft.conversation !== first.draft.conversation);
      wire.length = 0;
      wire.push(...others);
      for (const { ref } of rest) {
        bench.outbox.onError(ref, {
          op: 'error',
          ref,
          code: 'rate.limited',
          message: '',
          retryable: true,
          retryAfterMs: 50,
        });
      }
    },
    reject() {
      const next = wire.shift();
      if (next)
        bench.outbox.onError(next.ref, { op: 'error', code: 'action.forbidden', message: 'no', retryable: false });
      return next?.draft.id;
    },
  };
  return bench;
}

describe('outbox', () => {
  it('a late answer to a draft whose frame came first does not settle another draft of that id', () => {
    const bench = createBench();
    bench.up();
    bench.add('c', 'one');
    const first = bench.wire[0]!.ref;
    const answer = { conversation: 'c', id: 'one', seq: 1, rev: 1, createdAt: '' };
    bench.outbox.settle(answer);
    bench.add('c', 'one');
    bench.outbox.onAnswer(first, answer);
    expect(bench.outbox.drafts('c')).toMatchObject([{ id: 'one', state: 'sending' }]);
    expect(bench.sent).toEqual(['one']);
  });

  it('stores every draft once and in order, whatever is lost on the way', () => {
    const move = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('add' as const), to: fc.nat(2) }) },
      { weight: 5, arbitrary: fc.constant({ do: 'serve' as const }) },
      { weight: 4, arbitrary: fc.constant({ do: 'up' as const }) },
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          { do: 'down' as const },
          { do: 'loseAnswer' as const },
          { do: 'refuse' as const },
          { do: 'wait' as const },
          { do: 'reload' as const },
        ),
      },
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80, size: 'max' }), (moves) => {
        const bench = createBench();
        const written = new Map<string, string[]>();
        let count = 0;
        for (const m of moves) {
          if (m.do === 'add') {
            const conversation = `c${m.to}`;
            const id = `m${++count}`;
            written.set(conversation, [...(written.get(conversation) ?? []), id]);
            bench.add(conversation, id);
          } else if (m.do === 'serve') bench.serve(true);
          else if (m.do === 'loseAnswer') bench.serve(false);
          else if (m.do === 'refuse') bench.refuseRest();
          else if (m.do === 'up') bench.up();
          else if (m.do === 'down') bench.down();
          else if (m.do === 'reload') bench.reload();
          else bench.clock.advance(60);
        }
        bench.up();
        for (let i = 0; i < 1_000 && bench.outbox.conversations().length > 0; i++) {
          bench.serve(true);
          bench.clock.advance(60);
        }
        expect(bench.outbox.conversations()).toEqual([]);
        expect(Object.fromEntries(bench.stored)).toEqual(Object.fromEntries(written));
        expect(new Set(bench.sent).size).toBe(count);
        expect(bench.sent).toHaveLength(count);
        expect(bench.store.keys()).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('resends the refused draft and the later ones in order, after the time the server asked for', () => {
    const bench = createBench();
    bench.up();
    for (const id of ['a', 'b', 'c']) bench.add('c', id);
    bench.refuseRest();
    expect(bench.wire).toHaveLength(0);
    bench.clock.advance(49);
    expect(bench.wire).toHaveLength(0);
    bench.clock.advance(1);
    expect(bench.wire.map((w) => w.draft.id)).toEqual(['a', 'b', 'c']);
  });

  it('a refusal for good fails that draft alone, and retrying puts it behind', () => {
    const bench = createBench();
    bench.up();
    for (const id of ['a', 'b']) bench.add('c', id);
    bench.reject();
    expect(bench.failed).toEqual(['a']);
    bench.serve(true);
    expect(bench.sent).toEqual(['b']);
    expect(bench.outbox.drafts('c').map((d) => d.state)).toEqual(['failed']);
    bench.outbox.retry('c', 'a');
    bench.serve(true);
    expect(bench.sent).toEqual(['b', 'a']);
  });

  it('keeps no more in flight than its window, and no more drafts than its bound', () => {
    const bench = createBench(2);
    for (let i = 0; i < 100; i++) bench.add('c', `m${i}`);
    expect(() => bench.add('c', 'one more')).toThrow(/waiting to be sent/);
    bench.up();
    expect(bench.wire).toHaveLength(2);
    bench.serve(true);
    expect(bench.wire).toHaveLength(2);
  });

  it('drops what a store holds that is no draft', () => {
    const bench = createBench();
    bench.store.set('d.c.x', '{"id":1}');
    bench.store.set('d.c.y', 'not json');
    bench.outbox.load();
    expect(bench.outbox.conversations()).toEqual([]);
  });

  it('knows an error as its own when the frame of the message came first, and does not send it again', () => {
    const bench = createBench();
    bench.up();
    bench.add('c', 'x');
    const { ref } = bench.wire[0]!;
    bench.outbox.settle({ id: 'x', conversation: 'c', seq: 1, rev: 1, createdAt: '' });
    const late = { op: 'error', code: 'service.timeout', message: '', retryable: true } as const;
    expect(bench.outbox.onError(ref, late)).toBe(true);
    expect(bench.outbox.onError(ref, late)).toBe(false);
    expect({ sent: bench.sent, failed: bench.failed, wire: bench.wire.length }).toEqual({
      sent: ['x'],
      failed: [],
      wire: 1,
    });
  });
});
