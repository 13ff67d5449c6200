import { searchQuery } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { builder } from './builder.ts';
import { connectionOf, readConnection } from './connection.ts';
import { message } from './message.ts';
import { describeMessages, type MessageView } from './message-view.ts';
import { parseInput } from './parse-input.ts';

interface HitView {
  readonly message: MessageView;
  readonly excerpt: string;
}

const hit = builder.objectRef<HitView>('SearchHit').implement({
  fields: (t) => ({
    message: t.field({ type: message, resolve: (found) => found.message }),
    excerpt: t.exposeString('excerpt', { description: 'The text around the hit, plain.' }),
  }),
});

builder.queryField('search', (t) =>
  t.field({
    type: connectionOf('SearchHit', hit),
    nullable: true,
    description: 'Messages in what I may read, newest first.',
    args: {
      query: t.arg.string({ required: true }),
      conversation: t.arg.id(),
      from: t.arg.id({ description: 'The sender.' }),
      before: t.arg({ type: 'DateTime' }),
      first: t.arg.int({ defaultValue: 20, required: true, description: 'At most 100.' }),
      after: t.arg.string(),
    },
    resolve: (_root, { query: q, conversation: where, from: who, before: until, first, after }, { ctx, services }) => {
      requirePrincipal(ctx);
      return readConnection({ first, after }, async (page) => {
        const given = parseInput(searchQuery, { q, conversation: where, from: who, before: until, ...page });
        const { conversation, from, before } = given;
        const { items, next } = await services.chat.search(ctx, {
          query: given.q,
          conversation: conversation as ConversationId | undefined,
          from: from as AccountId | undefined,
          before: before === undefined ? undefined : Date.parse(before),
          limit: given.limit,
          after: given.after,
        });
        const messages = await describeMessages(
          services,
          ctx,
          items.map((found) => found.message),
        );
        return { items: items.map(({ excerpt }, i) => ({ message: messages[i] as MessageView, excerpt })), next };
      });
    },
  }),
);
