import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createContext } from '../../kernel/context.ts';
import { type AccountId, type ConversationId, createId, type SessionId } from '../../kernel/ids.ts';
import type { Message } from '../../model/message.ts';
import { listMessages } from './messages.ts';
import type { VeigoDeps } from './veigo-deps.ts';

const account = createId<AccountId>();
const ctx = createContext({ account, session: createId<SessionId>(), username: 'ann', admin: false }, 'test', 60_000);
const roomId = createId<ConversationId>();
const at = '2026-01-01T00:00:00.000Z';

/** A room of messages; true: deleted. */
function open(deleted: readonly boolean[]) {
  const stored = deleted.map((gone, index) => ({
    ...{ conversation: roomId, seq: index + 1, rev: index + 1, id: `m${index}`, sender: account, createdAt: at },
    ...{ content: gone ? null : `{"type":"text","text":"${index + 1}"}`, deletedAt: gone ? at : null, editedAt: null },
    ...{ replyTo: null, thread: null, mentions: [], reactions: '{}', pinned: false },
  })) as unknown as Message[];
  const history = async (_ctx: unknown, _id: unknown, { before, limit }: { before?: number; limit: number }) => ({
    items: stored.filter(({ seq }) => before === undefined || (seq as number) < before).slice(-limit),
  });
  return { chat: { history } } as unknown as VeigoDeps;
}

describe('ListMessages', () => {
  test('after the newest 30 of 125 are deleted the first page holds 25', async () => {
    const deps = open(Array.from({ length: 125 }, (_, index) => index >= 95));
    const page = await listMessages(deps, ctx, { roomId });
    expect(page.records.map(({ content }) => content)).toEqual(Array.from({ length: 25 }, (_, i) => `${95 - i}`));
    expect(page.metadata.hasMore).toBe(true);
  });

  test('every page but the last is full, and together they are what is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.boolean(), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        async (gone, size) => {
          const deps = open(gone);
          const seen: (string | null)[] = [];
          for (let cursor: string | undefined; ; ) {
            const { records, metadata } = await listMessages(deps, ctx, { roomId, page: { size, cursor } });
            seen.push(...records.map(({ content }) => content));
            if (metadata.hasMore) expect(records).toHaveLength(size);
            else expect(metadata.cursor).toBeNull();
            if (!metadata.hasMore) break;
            cursor = metadata.cursor ?? '';
          }
          expect(seen).toEqual(gone.flatMap((deleted, index) => (deleted ? [] : [`${index + 1}`])).reverse());
        },
      ),
    );
  });
});
