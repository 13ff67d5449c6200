import { requirePrincipal } from '../../../../kernel/context.ts';
import { fail } from '../../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../../kernel/ids.ts';
import type { Position } from '../../../../model/position.ts';
import { builder } from '../../schema/builder.ts';
import type { GraphqlContext, LiveFeed } from '../../schema/context.ts';
import { parseId } from '../../schema/parse-input.ts';
import { user } from '../../schema/user.ts';
import {
  conversationsEvent,
  messagesEvent,
  notificationsEvent,
  presenceEvent,
  receiptEvent,
  typingEvent,
} from './event-types.ts';

/** What one subscription may name. */
export const subscriptionLimits = { conversations: 1_000, positions: 1_000, users: 500 } as const;

const conversationPosition = builder.inputType('ConversationPositionInput', {
  description: 'How far a client has come in one conversation.',
  fields: (t) => ({
    conversation: t.id({ required: true }),
    epoch: t.string({ required: true }),
    seq: t.int({ required: true }),
    rev: t.int({ description: 'Without it, changes of older messages are not told.' }),
  }),
});

type PositionGiven = typeof conversationPosition.$inferInput;

builder.subscriptionType({
  description:
    'What happens, as it happens, over a WebSocket or server-sent events. Fields that would have to be looked up cannot be selected.',
});

function openFeed(context: GraphqlContext, wish: Parameters<LiveFeed['open']>[0]) {
  requirePrincipal(context.ctx);
  if (!context.live)
    throw fail('request.unsupported', 'Subscriptions are served over a WebSocket or server-sent events.');
  return context.live.open(wish);
}

function readOnly(conversations: readonly string[] | null | undefined): ReadonlySet<ConversationId> | null {
  if (!conversations) return null;
  limit('conversations', conversations);
  return new Set(conversations.map((id) => parseId<ConversationId>(id, 'conversations')));
}

function readPositions(
  after: readonly PositionGiven[] | null | undefined,
  only: ReadonlySet<ConversationId> | null,
): ReadonlyMap<ConversationId, Position> | null {
  if (!after) return null;
  limit('positions', after);
  const positions = new Map<ConversationId, Position>();
  for (const { conversation, epoch, seq, rev } of after) {
    const id = parseId<ConversationId>(conversation, 'after');
    if (only && !only.has(id)) throw fail('request.invalid', 'after names a conversation that conversations does not.');
    if (seq < 0 || (rev ?? 0) < 0) throw fail('request.invalid', 'after: seq and rev are no less than 0.');
    if (epoch.length > 100) throw fail('request.invalid', 'after: that is no epoch.');
    positions.set(id, { epoch, seq, ...(typeof rev === 'number' && { rev }) });
  }
  return positions;
}

function limit(what: keyof typeof subscriptionLimits, given: readonly unknown[]): void {
  const most = subscriptionLimits[what];
  if (given.length > most) throw fail('request.too_large', `A subscription may name ${most} ${what}.`);
}

const nothing: ReadonlySet<ConversationId> = new Set();

builder.subscriptionFields((t) => {
  const conversations = t.arg.idList({ description: 'Absent: of all my conversations, of later ones too.' });
  return {
    messages: t.field({
      type: messagesEvent,
      description:
        'Messages and what changes of them: with "after", first all that came since, then Resumed, then what happens. Nothing is left out and nothing comes twice.',
      args: { conversations, after: t.arg({ type: [conversationPosition] }) },
      subscribe: (_root, args, context) => {
        const only = readOnly(args.conversations);
        return openFeed(context, { only, positions: readPositions(args.after, only), watch: null });
      },
      resolve: (event) => event,
    }),
    notifications: t.field({
      type: notificationsEvent,
      description:
        'New messages of others that I want to be alerted of, as my preferences of their conversations say: what they mute stays silent. With "after", first those that came since, then Resumed. A change of preferences is heeded within ten seconds.',
      args: { conversations, after: t.arg({ type: [conversationPosition] }) },
      subscribe: (_root, args, context) => {
        const only = readOnly(args.conversations);
        const positions = readPositions(args.after, only);
        return openFeed(context, { only, positions, watch: null, notifications: true });
      },
      resolve: (event) => event,
    }),
    receipts: t.field({
      type: receiptEvent,
      description: 'How far members have received and read.',
      args: { conversations },
      subscribe: (_root, args, context) =>
        openFeed(context, { only: readOnly(args.conversations), positions: null, watch: null }),
      resolve: (event) => event,
    }),
    typing: t.field({
      type: typingEvent,
      args: { conversations },
      subscribe: (_root, args, context) =>
        openFeed(context, { only: readOnly(args.conversations), positions: null, watch: null }),
      resolve: (event) => event,
    }),
    presence: t.field({
      type: presenceEvent,
      description: 'Whether they are there: at once, and whenever it changes.',
      args: { users: t.arg.idList({ required: true, description: 'At most 500.' }) },
      subscribe: (_root, { users }, context) => {
        limit('users', users);
        const watch = users.map((id) => parseId<AccountId>(id, 'users'));
        return openFeed(context, { only: nothing, positions: null, watch });
      },
      resolve: (event) => event,
    }),
    users: t.field({
      type: user,
      description:
        'Profiles that change, my own as well: of everybody in my conversations, and of those who have been. Nothing is told of what changed before: ask anew after a reconnect.',
      args: { conversations },
      subscribe: (_root, args, context) =>
        openFeed(context, { only: readOnly(args.conversations), positions: null, watch: null }),
      resolve: (profile) => profile,
    }),
    conversations: t.field({
      type: conversationsEvent,
      description:
        'Conversations that begin, end or change, and who comes and goes. With "after", first Resumed: it names all my conversations, those I have left and how far each has come, so that only what differs is asked for anew.',
      args: { after: t.arg({ type: [conversationPosition] }) },
      subscribe: (_root, args, context) =>
        openFeed(context, { only: null, positions: readPositions(args.after, null), watch: null }),
      resolve: (event) => event,
    }),
  };
});
