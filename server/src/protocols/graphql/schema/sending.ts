import { messageId, reactionPath, sendBody } from '@parley/contracts';
import { type Principal, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId, MessageId } from '../../../kernel/ids.ts';
import { parseContent } from '../../../model/content.ts';
import type { Draft } from '../../../model/message.ts';
import { sentMessage } from '../../shared/sent-message.ts';
import { builder } from './builder.ts';
import { contentInput, writeContent } from './content.ts';
import type { GraphqlContext } from './context.ts';
import { message } from './message.ts';
import { describeMessage, type MessageView } from './message-view.ts';
import { parseId, parseInput } from './parse-input.ts';

const sendInput = builder.inputType('SendMessageInput', {
  fields: (t) => ({
    conversation: t.id({ required: true }),
    id: t.string({
      required: true,
      description: '1–128 printable characters, a UUIDv7 best: with the same one again nothing new is stored.',
    }),
    content: t.field({ type: contentInput, required: true }),
    replyTo: t.int({ description: 'A seq.' }),
    thread: t.int({ description: 'The seq of the message that began it.' }),
    mentions: t.idList(),
    ephemeral: t.boolean({ description: 'Told to who is there now, and never stored.' }),
  }),
});

interface SentView {
  readonly message: MessageView;
  readonly repeated: boolean;
}

const sent = builder.objectRef<SentView>('SentMessage').implement({
  fields: (t) => ({
    message: t.field({ type: message, resolve: (result) => result.message }),
    repeated: t.exposeBoolean('repeated', { description: 'This id was sent before: the first answer again.' }),
  }),
});

const fields = sendBody.pick({ replyTo: true, thread: true, mentions: true }).extend({ id: messageId });

function createDraft(principal: Principal, input: typeof sendInput.$inferInput): Draft {
  const { id, replyTo, thread, mentions } = input;
  const checked = parseInput(fields, { id, replyTo, thread, mentions });
  const { raw, hash, attachment } = readInput(input.content);
  return {
    id: checked.id as MessageId,
    conversation: parseId<ConversationId>(input.conversation, 'conversation'),
    sender: principal.account,
    session: principal.session,
    admin: principal.admin,
    content: raw,
    hash,
    attachment,
    replyTo: checked.replyTo ?? null,
    thread: checked.thread ?? null,
    mentions: (checked.mentions ?? []) as AccountId[],
  };
}

function readInput(input: typeof contentInput.$inferInput) {
  const value = writeContent(input);
  return parseContent(JSON.stringify(value), value);
}

async function send({ ctx, services }: GraphqlContext, draft: Draft, ephemeral: boolean): Promise<SentView> {
  const describe = (stored: Draft, at: Parameters<typeof sentMessage>[1]) =>
    describeMessage(services, ctx, sentMessage(stored, at));
  if (ephemeral) {
    const { createdAt } = await services.chat.sendEphemeral(ctx, draft);
    return { message: await describe(draft, { seq: null, rev: null, createdAt }), repeated: false };
  }
  const [result] = await services.chat.append(ctx, [draft]);
  if (!result) throw fail('internal');
  if ('code' in result) throw fail(result.code, { ...result });
  return { message: await describe({ ...draft, ...result.first }, result), repeated: result.repeated };
}

builder.mutationFields((t) => ({
  sendMessage: t.field({
    type: sent,
    nullable: true,
    description: 'Answered after the commit. Safe to repeat with the same id and content.',
    args: { input: t.arg({ type: sendInput, required: true }) },
    resolve: (_root, { input }, context) => {
      const principal = requirePrincipal(context.ctx);
      return send(context, createDraft(principal, input), input.ephemeral === true);
    },
  }),
  editMessage: t.field({
    type: message,
    nullable: true,
    description: 'For its sender.',
    args: {
      conversation: t.arg.id({ required: true }),
      seq: t.arg.int({ required: true }),
      content: t.arg({ type: contentInput, required: true }),
      mentions: t.arg.idList({ description: 'Whom it names from now on; left out: as before.' }),
    },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      const { raw } = readInput(args.content);
      const id = parseId<ConversationId>(args.conversation, 'conversation');
      const { mentions } = parseInput(fields.pick({ mentions: true }), { mentions: args.mentions ?? undefined });
      const edited = await services.chat.editMessage(ctx, id, args.seq, raw, mentions as AccountId[] | undefined);
      return describeMessage(services, ctx, edited);
    },
  }),
  deleteMessage: t.boolean({
    nullable: true,
    description: 'For its sender and admins; a tombstone keeps the seq.',
    args: { conversation: t.arg.id({ required: true }), seq: t.arg.int({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.chat.deleteMessage(ctx, parseId(args.conversation, 'conversation'), args.seq);
      return true;
    },
  }),
  setReaction: t.field({
    type: message,
    nullable: true,
    args: {
      conversation: t.arg.id({ required: true }),
      seq: t.arg.int({ required: true }),
      emoji: t.arg.string({ required: true }),
      on: t.arg.boolean({ defaultValue: true, required: true, description: 'false takes it back.' }),
    },
    resolve: async (_root, { conversation, seq: at, emoji: given, on }, { ctx, services }) => {
      requirePrincipal(ctx);
      const { id, seq, emoji } = parseInput(reactionPath, { id: conversation, seq: at, emoji: given });
      await services.chat.setReaction(ctx, id as ConversationId, seq, emoji, on);
      return describeMessage(services, ctx, await services.chat.getMessage(ctx, id as ConversationId, seq));
    },
  }),
  setPinned: t.field({
    type: message,
    nullable: true,
    args: {
      conversation: t.arg.id({ required: true }),
      seq: t.arg.int({ required: true }),
      on: t.arg.boolean({ defaultValue: true, required: true, description: 'false unpins.' }),
    },
    resolve: async (_root, { conversation, seq, on }, { ctx, services }) => {
      requirePrincipal(ctx);
      const id = parseId<ConversationId>(conversation, 'conversation');
      await services.chat.setPinned(ctx, id, seq, on);
      return describeMessage(services, ctx, await services.chat.getMessage(ctx, id, seq));
    },
  }),
}));
