import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeOf, openChat, type TestChat } from '../../../../test-support/open-chat.ts';
import { type AccountId, type AttachmentId, type ConversationId, createId } from '../../../kernel/ids.ts';

let t: TestChat;
beforeAll(async () => {
  t = await openChat();
});
afterAll(() => t.close());

const acts = ['send', 'send', 'join', 'add', 'leave', 'open', 'close', 'all', 'since-join'] as const;
type Act = readonly [(typeof acts)[number], number];

/** What is open to whom, told in one screen. A seq is open from the first after `from` to `to`. */
class Model {
  sent = 0;
  openFrom: number | null = null;
  allFrom: number | null;
  readonly stays = new Map<AccountId, { from: number; to: number | null }[]>();

  constructor(isPublic: boolean, history: 'all' | 'since-join') {
    this.openFrom = isPublic ? 0 : null;
    this.allFrom = history === 'all' ? 0 : null;
  }

  isMember = (user: AccountId): boolean => this.stays.get(user)?.at(-1)?.to === null;

  come(user: AccountId): void {
    if (this.isMember(user)) return;
    const from = this.allFrom === null ? this.sent : Math.max(this.allFrom, this.openFrom ?? 0);
    this.stays.set(user, [...(this.stays.get(user) ?? []), { from, to: null }]);
  }

  leave(user: AccountId): void {
    const stay = this.stays.get(user)?.at(-1);
    if (stay?.to === null) stay.to = this.sent;
  }

  readable(user: AccountId): number[] {
    const stays = this.isMember(user) ? (this.stays.get(user) ?? []) : [];
    const seqs = Array.from({ length: this.sent }, (_, i) => i + 1);
    return seqs.filter(
      (seq) =>
        (this.openFrom !== null && seq > this.openFrom) ||
        stays.some(({ from, to }) => seq > from && seq <= (to ?? this.sent)),
    );
  }
}

interface Place {
  readonly id: ConversationId;
  readonly owner: AccountId;
  readonly others: readonly AccountId[];
  readonly attachments: AttachmentId[];
}

async function act({ id, owner, others, attachments }: Place, model: Model, [name, who]: Act): Promise<void> {
  const user = others[who] as AccountId;
  if (name === 'send') {
    const file = { id: createId<AttachmentId>(), name: 'cat.png', size: 12, mediaType: 'image/png' };
    const attachment = (await t.chat.createAttachment(t.as(owner), file)).id;
    await t.send(owner, id, 'x', { content: JSON.stringify({ type: 'image', attachment }), attachment });
    attachments.push(attachment);
    model.sent++;
  } else if (name === 'join') {
    const code = await codeOf(t.chat.putMember(t.as(user), id, user, 'member'));
    expect(code).toBe(model.openFrom === null && !model.isMember(user) ? 'conversation.forbidden' : 'none');
    if (code === 'none') model.come(user);
  } else if (name === 'add') {
    await t.chat.addMembers(t.as(owner), id, [user]);
    model.come(user);
  } else if (name === 'leave') {
    if (model.isMember(user)) await t.chat.removeMember(t.as(user), id, user);
    model.leave(user);
  } else if (name === 'open' || name === 'close') {
    await t.chat.updateConversation(t.as(owner), id, { visibility: name === 'open' ? 'public' : 'private' });
    model.openFrom = name === 'open' ? (model.openFrom ?? model.sent) : null;
  } else {
    await t.chat.updateConversation(t.as(owner), id, { history: name });
    model.allFrom = name === 'all' ? (model.allFrom ?? model.sent) : null;
  }
}

/** What each way of reading shows; all must be the same. */
async function seen(user: AccountId, { id, attachments }: Place) {
  const ctx = t.as(user);
  const which = async (ask: (seq: number) => Promise<unknown>) => {
    const codes = await Promise.all(attachments.map((_, i) => codeOf(ask(i + 1))));
    return codes.flatMap((code, i) => (code === 'none' ? [i + 1] : []));
  };
  const page = await t.chat.history(ctx, id, { limit: 200 }).catch(() => ({ items: [] }));
  const view = await t.chat.getConversation(ctx, id).catch(() => null);
  return {
    history: page.items.map(({ seq }) => seq),
    messages: await which((seq) => t.chat.getMessage(ctx, id, seq)),
    attachments: await which((seq) => t.chat.getAttachment(ctx, attachments[seq - 1] as AttachmentId)),
    last: view?.lastMessage?.seq,
  };
}

const alike = (seqs: readonly number[]) => ({ history: seqs, messages: seqs, attachments: seqs, last: seqs.at(-1) });

test('whoever comes and goes and whatever rules change, each reads what was opened to them; a change of rules opens nothing that was said', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.constantFrom('all', 'since-join'),
      fc.array(fc.tuple(fc.constantFrom(...acts), fc.nat(1)), { minLength: 4, maxLength: 14, size: 'max' }),
      async (isPublic, history, script) => {
        const owner = t.account();
        const others = [t.account(), t.account()];
        const model = new Model(isPublic, history);
        const id = await t.group(owner, [], { visibility: isPublic ? 'public' : 'private', history });
        const place: Place = { id, owner, others, attachments: [] };
        for (const step of script) {
          const before = others.map((user) => model.readable(user));
          await act(place, model, step);
          for (const [i, user] of others.entries()) {
            const now = model.readable(user);
            expect(await seen(user, place)).toEqual(alike(now));
            if (['open', 'close', 'all', 'since-join'].includes(step[0]))
              expect(before[i]).toEqual(expect.arrayContaining(now));
          }
        }
      },
    ),
    { numRuns: 30, endOnFailure: true },
  );
}, 120_000);

test('an admin who came later opens to nobody what was said before', async () => {
  const [owner, late, outsider] = [t.account(), t.account(), t.account()];
  const id = await t.group(owner, [], { history: 'since-join' });
  await t.send(owner, id, 'secret');
  await t.chat.putMember(t.as(owner), id, late, 'admin');
  await t.chat.updateConversation(t.as(late), id, { history: 'all', visibility: 'public' });
  await t.chat.removeMember(t.as(late), id, late);
  for (const user of [late, outsider]) {
    await t.chat.putMember(t.as(user), id, user, 'member');
    expect((await t.chat.history(t.as(user), id, { limit: 10 })).items).toEqual([]);
    expect(await codeOf(t.chat.getMessage(t.as(user), id, 1))).toBe('message.unknown');
  }
});
