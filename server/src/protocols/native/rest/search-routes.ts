import { searchHits, searchQuery } from '@parley/contracts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import { encodeMessage } from '../encode-message.ts';
import { json } from './describe.ts';
import { refusals } from './refusals.ts';
import { answers, contextOf, type RestApp, type RestDeps } from './rest-app.ts';

export function addSearchRoutes(app: RestApp, deps: RestDeps): void {
  app.get(
    '/search',
    {
      schema: {
        tags: ['messages'],
        summary: 'Find messages in what I may read, newest first',
        querystring: searchQuery,
        response: answers({ 200: searchHits }, [...refusals.mark, ...refusals.search]),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { q, conversation, from, before, limit, after } = request.query;
      const { items, next } = await deps.chat.search(ctx, {
        query: q,
        conversation: conversation as ConversationId | undefined,
        from: from as AccountId | undefined,
        before: before === undefined ? undefined : Date.parse(before),
        limit,
        after,
      });
      const profiles = await deps.profiles.read(
        ctx,
        items.map((hit) => hit.message.sender),
      );
      const hits = items.map(({ message, excerpt }) => {
        const text = encodeMessage(message, profileOf(profiles, message.sender));
        return `{"message":${text},"excerpt":${JSON.stringify(excerpt)}}`;
      });
      return reply.type(json).send(`{"items":[${hits.join(',')}],"next":${JSON.stringify(next)}}`);
    },
  );
}
