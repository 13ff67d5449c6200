import {
  changes,
  changesQuery,
  editBody,
  history,
  historyQuery,
  idPath,
  message,
  messagePath,
  reactionPath,
  sendBody,
} from '@parley/contracts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import { sentMessage } from '../../shared/sent-message.ts';
import { createDraft, parseRawContent } from '../create-draft.ts';
import { encodeMessages, encodeOneMessage, json } from './describe.ts';
import { refusals } from './refusals.ts';
import { answers, bodyTextOf, contextOf, noContent, principalOf, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['messages'];

export function addMessageRoutes(app: RestApp, deps: RestDeps): void {
  addSending(app, deps);
  addReading(app, deps);
  addMarking(app, deps);
}

function addSending(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.post(
    '/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'Send; answered after the commit. 200: this id was sent before, with the first answer',
        params: idPath,
        body: sendBody,
        response: answers({ 201: message, 200: message }, [...refusals.content, ...refusals.seqs]),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const principal = principalOf(request);
      const draft = createDraft(principal, request.params.id, request.body, bodyTextOf(request));
      if (request.body.ephemeral) {
        const { createdAt } = await chat.sendEphemeral(ctx, draft);
        const text = await encodeOneMessage(deps, ctx, sentMessage(draft, { seq: null, rev: null, createdAt }));
        return reply.code(201).type(json).send(text);
      }
      const [result] = await chat.append(ctx, [draft]);
      if (!result) throw fail('internal');
      if ('code' in result) throw fail(result.code, { ...result });
      const stored = result.first ? { ...draft, ...result.first } : draft;
      const text = await encodeOneMessage(deps, ctx, sentMessage(stored, result));
      return reply
        .code(result.repeated ? 200 : 201)
        .type(json)
        .send(text);
    },
  );

  app.patch(
    '/conversations/:id/messages/:seq',
    {
      schema: {
        tags,
        summary: 'Edit (senders). Without mentions, whom it names stays',
        params: messagePath,
        body: editBody,
        response: answers({ 200: message }, refusals.content),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { id, seq } = request.params;
      const { content, mentions } = request.body;
      const { raw } = parseRawContent(bodyTextOf(request), content);
      const edited = await chat.editMessage(ctx, id as ConversationId, seq, raw, mentions as AccountId[] | undefined);
      return reply.type(json).send(await encodeOneMessage(deps, ctx, edited));
    },
  );
}

function addReading(app: RestApp, deps: RestDeps): void {
  const { chat } = deps;

  app.get(
    '/conversations/:id/messages',
    {
      schema: {
        tags,
        summary: 'History, ascending by seq; the newest page without before, after or around',
        params: idPath,
        querystring: historyQuery,
        response: answers({ 200: history }, refusals.page),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const page = await chat.history(ctx, request.params.id as ConversationId, request.query);
      const items = await encodeMessages(deps, ctx, page.items);
      const { epoch, lastSeq, lastRev } = page;
      return reply.type(json).send(`{"items":${items},${JSON.stringify({ epoch, lastSeq, lastRev }).slice(1)}`);
    },
  );

  app.get(
    '/conversations/:id/messages/:seq',
    { schema: { tags, summary: 'One message', params: messagePath, response: answers({ 200: message }) } },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { id, seq } = request.params;
      const found = await chat.getMessage(ctx, id as ConversationId, seq);
      return reply.type(json).send(await encodeOneMessage(deps, ctx, found));
    },
  );

  app.get(
    '/conversations/:id/changes',
    {
      schema: {
        tags,
        summary: 'Everything after a position, in its present state, ascending by rev',
        params: idPath,
        querystring: changesQuery,
        response: answers({ 200: changes }),
      },
    },
    async (request, reply) => {
      const ctx = contextOf(request);
      const { limit, ...position } = request.query;
      const backlog = await chat.changes(ctx, request.params.id as ConversationId, position, limit);
      const items = await encodeMessages(deps, ctx, backlog.items);
      const { epoch, seq, rev, continuity } = backlog;
      return reply.type(json).send(`{"items":${items},${JSON.stringify({ epoch, seq, rev, continuity }).slice(1)}`);
    },
  );
}

function addMarking(app: RestApp, { chat }: RestDeps): void {
  app.delete(
    '/conversations/:id/messages/:seq',
    {
      schema: {
        tags,
        summary: 'Delete (senders, admins); a tombstone keeps the seq',
        params: messagePath,
        response: answers({ 204: noContent }),
      },
    },
    async (request, reply) => {
      await chat.deleteMessage(contextOf(request), request.params.id as ConversationId, request.params.seq);
      return reply.code(204).send();
    },
  );

  for (const [method, on] of [
    ['PUT', true],
    ['DELETE', false],
  ] as const) {
    app.route({
      method,
      url: '/conversations/:id/messages/:seq/reactions/:emoji',
      schema: {
        tags,
        summary: on ? 'React' : 'Take a reaction back',
        params: reactionPath,
        response: answers({ 204: noContent }, on ? refusals.reactions : []),
      },
      handler: async (request, reply) => {
        const { id, seq, emoji } = request.params;
        await chat.setReaction(contextOf(request), id as ConversationId, seq, emoji, on);
        return reply.code(204).send();
      },
    });
    app.route({
      method,
      url: '/conversations/:id/messages/:seq/pin',
      schema: { tags, summary: on ? 'Pin' : 'Unpin', params: messagePath, response: answers({ 204: noContent }) },
      handler: async (request, reply) => {
        const { id, seq } = request.params;
        await chat.setPinned(contextOf(request), id as ConversationId, seq, on);
        return reply.code(204).send();
      },
    });
  }
}
