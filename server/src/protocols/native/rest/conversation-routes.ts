import {
  conversation,
  conversationBody,
  conversationList,
  idPath,
  newConversationBody,
  pageQuery,
  preferencesBody,
  receiptBody,
  receiptList,
} from '@parley/contracts';
import type { Context } from '../../../kernel/context.ts';
import type { ConversationId } from '../../../kernel/ids.ts';
import type { ConversationView } from '../../../services/chat/api.ts';
import { resolveUsers } from '../../shared/resolve-users.ts';
import { encodeConversations, json } from './describe.ts';
import { refusals } from './refusals.ts';
import { answers, contextOf, noContent, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['conversations'];

export function addConversationRoutes(app: RestApp, deps: RestDeps): void {
  addBeginning(app, deps);
  addReading(app, deps);
  addChanging(app, deps);
  addReceipts(app, deps);
}

async function encode(deps: RestDeps, ctx: Context, view: ConversationView): Promise<string> {
  return (await encodeConversations(deps, ctx, [view]))[0] as string;
}

function addBeginning(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.post(
    '/conversations',
    {
      schema: {
        tags,
        summary: 'Begin a conversation; 200 when it was there already',
        body: newConversationBody,
        response: answers({ 201: conversation, 200: conversation }, [
          ...refusals.direct,
          ...refusals.title,
          ...refusals.avatar,
        ]),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { id, members, ...rest } = request.body;
      const result = await chat.createConversation(ctx, {
        ...rest,
        ...(id && { id: id as ConversationId }),
        members: await resolveUsers(deps.people, ctx, members),
      });
      const text = await encode(deps, ctx, result.conversation);
      return reply
        .code(result.created ? 201 : 200)
        .type(json)
        .send(text);
    },
  );
}

function addReading(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.get(
    '/conversations',
    {
      schema: {
        tags,
        summary: 'My conversations, the last active first',
        querystring: pageQuery,
        response: answers({ 200: conversationList }, refusals.mark),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { items, next } = await chat.listConversations(ctx, request.query);
      const texts = await encodeConversations(deps, ctx, items);
      return reply.type(json).send(`{"items":[${texts.join(',')}],"next":${JSON.stringify(next)}}`);
    },
  );

  app.get(
    '/conversations/:id',
    { schema: { tags, summary: 'One conversation', params: idPath, response: answers({ 200: conversation }) } },
    async (request, reply) => {
      const ctx = contextOf(request);
      const view = await chat.getConversation(ctx, request.params.id as ConversationId);
      return reply.type(json).send(await encode(deps, ctx, view));
    },
  );
}

function addChanging(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.patch(
    '/conversations/:id',
    {
      schema: {
        tags,
        summary: 'Change name, topic, avatar, visibility or history (admins)',
        params: idPath,
        body: conversationBody,
        response: answers({ 200: conversation }, [...refusals.title, ...refusals.avatar]),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const view = await chat.updateConversation(ctx, request.params.id as ConversationId, request.body);
      return reply.type(json).send(await encode(deps, ctx, view));
    },
  );

  app.delete(
    '/conversations/:id',
    {
      schema: {
        tags,
        summary: 'End a conversation for all (owners)',
        params: idPath,
        response: answers({ 204: noContent }),
      },
    },
    async (request, reply) => {
      await chat.deleteConversation(contextOf(request), request.params.id as ConversationId);
      return reply.code(204).send();
    },
  );

  app.put(
    '/conversations/:id/preferences',
    {
      schema: {
        tags,
        summary: 'How I want it: muted, archived, pinned, notifications',
        params: idPath,
        body: preferencesBody,
        response: answers({ 204: noContent }, refusals.time),
      },
    },
    async (request, reply) => {
      await chat.setPreferences(contextOf(request), request.params.id as ConversationId, request.body);
      return reply.code(204).send();
    },
  );
}

function addReceipts(app: RestApp, { chat }: RestDeps): void {
  app.put(
    '/conversations/:id/receipts',
    {
      schema: {
        tags,
        summary: 'How far I have received and read; never goes back',
        params: idPath,
        body: receiptBody,
        response: answers({ 204: noContent }),
      },
    },
    async (request, reply) => {
      await chat.putReceipt(contextOf(request), request.params.id as ConversationId, request.body);
      return reply.code(204).send();
    },
  );

  app.get(
    '/conversations/:id/receipts',
    {
      schema: {
        tags,
        summary: 'How far the members have received and read',
        params: idPath,
        response: answers({ 200: receiptList }),
      },
    },
    async (request) => {
      const receipts = await chat.listReceipts(contextOf(request), request.params.id as ConversationId);
      return { items: receipts.map(({ user, delivered, read }) => ({ user, delivered, read })), next: null };
    },
  );
}
