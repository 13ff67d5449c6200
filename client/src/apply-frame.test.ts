import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyFrame } from './apply-frame.ts';
import {
  beginCatchUp,
  type ConversationLog,
  createLog,
  endCatchUp,
  olderThan,
  prependPage,
} from './conversation-log.ts';
import { type Act, deletedAt, ModelConversation } from './testing/model-conversation.ts';
import type { StoredMessage } from './types.ts';

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Act>({ act: 'send' }) },
  fc.record({ act: fc.constant('edit' as const), at: fc.nat(40) }),
  fc.record({ act: fc.constant('delete' as const), at: fc.nat(40) }),
  fc.record({ act: fc.constant('pin' as const), at: fc.nat(40) }),
  fc.record({ act: fc.constant('react' as const), at: fc.nat(40), user: fc.nat(2), on: fc.boolean() }),
);

/** What happens to the client between acts. */
const step = fc.oneof(
  { weight: 6, arbitrary: act.map((a) => ({ kind: 'act' as const, act: a })) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'lose' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), back: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'resume' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('page' as const), late: fc.boolean() }) },
);

function resume(log: ConversationLog, model: ModelConversation): ConversationLog {
  let next = beginCatchUp(log);
  for (const frame of model.backlog(log).frames) next = applyFrame(next, frame, deletedAt).log;
  return endCatchUp(next, { epoch: model.epoch, seq: model.messages.length, rev: model.rev });
}

/** Whether a deleted message was edited before is told by no frame. */
const plain = (message: StoredMessage) => (message.content === null ? { ...message, editedAt: null } : message);

describe('applyFrame', () => {
  it('equals the fresh state after any mix of delivery, loss, repetition, resuming and paging', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 12, size: 'max' }),
        fc.array(step, { maxLength: 60, size: 'max' }),
        (before, steps) => {
          const model = new ModelConversation();
          for (const a of before) model.apply(a);
          let log = createLog(model.head);
          let delivered = model.frames.length;
          let page: ReturnType<ModelConversation['page']> | null = null;
          const take = (frame: Parameters<typeof applyFrame>[1]) => {
            const applied = applyFrame(log, frame, deletedAt);
            log = applied.log;
            if (applied.outcome === 'gap') {
              log = resume(log, model);
              delivered = model.frames.length;
            }
          };
          for (const s of steps) {
            if (s.kind === 'act') model.apply(s.act);
            else if (s.kind === 'deliver') {
              for (let i = 0; i < s.count && delivered < model.frames.length; i++) take(model.frames[delivered++]!);
            } else if (s.kind === 'lose') delivered = Math.min(delivered + 1, model.frames.length);
            else if (s.kind === 'repeat')
              for (const frame of model.frames.slice(0, delivered).slice(-s.back)) take(frame);
            else if (s.kind === 'resume') {
              log = resume(log, model);
              delivered = model.frames.length;
            } else if (page === null) {
              // A page is read now and arrives now or later, when its messages may have changed.
              page = model.page(olderThan(log), 5);
              if (!s.late) {
                log = prependPage(log, page, 5).log;
                page = null;
              }
            } else {
              const before2 = olderThan(log);
              if (page.items.every((m) => m.seq < before2) && (page.items.at(-1)?.seq ?? before2 - 1) === before2 - 1)
                log = prependPage(log, page, 5).log;
              page = null;
            }
          }
          log = resume(log, model);
          expect(log.seq).toBe(model.messages.length);
          expect(log.rev).toBe(model.rev);
          const first = log.messages[0]?.seq ?? model.messages.length + 1;
          expect(log.messages.map(plain)).toEqual(model.messages.slice(first - 1).map(plain));
          if (log.complete) expect(log.messages).toHaveLength(model.messages.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('says gap and applies nothing when a rev is missing', () => {
    const model = new ModelConversation();
    const log = createLog(model.head);
    for (let i = 0; i < 3; i++) model.apply({ act: 'send' });
    const first = applyFrame(log, model.frames[0]!, deletedAt);
    expect(first.outcome).toBe('applied');
    const jump = applyFrame(first.log, model.frames[2]!, deletedAt);
    expect(jump.outcome).toBe('gap');
    expect(jump.log.messages).toHaveLength(1);
    expect(jump.log.heardRev).toBe(3);
    expect(jump.log.rev).toBe(1);
  });

  it('never puts an older state over a newer one while catching up', () => {
    const model = new ModelConversation();
    model.apply({ act: 'send' });
    model.apply({ act: 'edit', at: 0 });
    model.apply({ act: 'edit', at: 0 });
    let log = beginCatchUp(createLog({ epoch: 'e', lastSeq: 0, lastRev: 0 }));
    for (const frame of [...model.frames].reverse()) log = applyFrame(log, frame, deletedAt).log;
    for (const frame of model.frames) log = applyFrame(log, frame, deletedAt).log;
    const { frames } = model.backlog({ seq: 0, rev: 0 });
    for (const frame of frames) log = applyFrame(log, frame, deletedAt).log;
    expect(log.messages).toEqual(model.messages);
  });
});
