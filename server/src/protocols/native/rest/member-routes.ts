import { idPath, member, memberBody, memberList, memberPath, pageQuery } from '@parley/contracts';
import type { Context } from '../../../kernel/context.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { conversationLimits, type Membership } from '../../../model/conversation.ts';
import type { Receipt } from '../../../services/chat/api.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import { encodeUser } from '../encode-conversation.ts';
import { refusals } from './refusals.ts';
import { answers, contextOf, noContent, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['members'];

export function addMemberRoutes(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.get(
    '/conversations/:id/members',
    {
      schema: {
        tags,
        summary: 'Who takes part',
        params: idPath,
        querystring: pageQuery,
        response: answers({ 200: memberList }, refusals.mark),
      },
    },
    async (request) => {
      const ctx = contextOf(request);
      const id = request.params.id as ConversationId;
      const { items, next } = await chat.listMembers(ctx, id, request.query);
      // In a small conversation a client shows everybody's watermarks: it need not ask twice (rule 19 draws the line).
      const small = next === null && !request.query.after && items.length <= conversationLimits.receiptsTo;
      const receipts = small ? await chat.listReceipts(ctx, id) : null;
      return { items: await describeMembers(deps, ctx, items, receipts), next };
    },
  );

  app.put(
    '/conversations/:id/members/:userId',
    {
      schema: {
        tags,
        summary: 'Add a member or change the role; joining a public conversation oneself',
        params: memberPath,
        body: memberBody,
        response: answers({ 200: member, 201: member }),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { id, userId } = request.params;
      const result = await chat.putMember(ctx, id as ConversationId, userId as AccountId, request.body.role);
      const [described] = await describeMembers(deps, ctx, [result.member], null);
      return reply.code(result.created ? 201 : 200).send(described);
    },
  );

  app.delete(
    '/conversations/:id/members/:userId',
    {
      schema: {
        tags,
        summary: 'Remove a member; removing oneself is leaving',
        params: memberPath,
        response: answers({ 204: noContent }),
      },
    },
    async (request, reply) => {
      const { id, userId } = request.params;
      await chat.removeMember(contextOf(request), id as ConversationId, userId as AccountId);
      return reply.code(204).send();
    },
  );
}

/** `receipts` null: not told; a member without one has received nothing yet. */
async function describeMembers(
  deps: RestDeps,
  ctx: Context,
  members: readonly Membership[],
  receipts: readonly Receipt[] | null,
): Promise<object[]> {
  const ids = members.map((stay) => stay.user);
  const [profiles, presence] = await Promise.all([deps.profiles.read(ctx, ids), deps.presence.presenceOf(ctx, ids)]);
  const marks = receipts && new Map(receipts.map((receipt) => [receipt.user, receipt]));
  return members.map(({ user, role, joinedAt }) => {
    const mark = marks?.get(user) ?? { delivered: 0, read: 0 };
    return {
      user: encodeUser(profileOf(profiles, user), presence),
      role,
      joinedAt,
      ...(marks && { delivered: mark.delivered, read: mark.read }),
    };
  });
}
