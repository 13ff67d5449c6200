import { requirePrincipal } from '../../../kernel/context.ts';
import type { Continuity } from '../../../model/position.ts';
import { builder } from './builder.ts';
import { checkFirst } from './connection.ts';
import { continuity } from './enums.ts';
import { message } from './message.ts';
import { describeMessages, type MessageView } from './message-view.ts';
import { parseId } from './parse-input.ts';

export const positionInput = builder.inputType('PositionInput', {
  description: 'How far a client has come in a conversation.',
  fields: (t) => ({
    epoch: t.string({ required: true }),
    seq: t.int({ required: true }),
    rev: t.int({ description: 'Without it, changes of older messages are not told.' }),
  }),
});

export interface PositionView {
  readonly epoch: string;
  readonly seq: number;
  readonly rev: number;
}

export const position = builder.objectRef<PositionView>('Position').implement({
  description: 'How far a client has come in a conversation: what to ask with next.',
  fields: (t) => ({
    epoch: t.exposeString('epoch'),
    seq: t.exposeInt('seq'),
    rev: t.exposeInt('rev'),
  }),
});

interface ChangesView {
  readonly messages: readonly MessageView[];
  readonly position: PositionView;
  readonly continuity: Continuity;
}

const changes = builder.objectRef<ChangesView>('Changes').implement({
  description: 'Everything after a position, in its present state, ascending by rev.',
  fields: (t) => ({
    messages: t.field({ type: [message], resolve: (page) => page.messages }),
    position: t.field({ type: position, resolve: (page) => page.position }),
    continuity: t.expose('continuity', { type: continuity }),
  }),
});

builder.queryField('changes', (t) =>
  t.field({
    type: changes,
    nullable: true,
    description: 'Every message after a position, and every older one that has changed since.',
    args: {
      conversation: t.arg.id({ required: true }),
      position: t.arg({ type: positionInput, required: true }),
      first: t.arg.int({ defaultValue: 50, required: true, description: 'At most 200.' }),
    },
    resolve: async (_root, args, { ctx, services }): Promise<ChangesView> => {
      requirePrincipal(ctx);
      checkFirst(args.first, 200);
      const { epoch, seq, rev } = args.position;
      const from = { epoch, seq, ...(typeof rev === 'number' && { rev }) };
      const page = await services.chat.changes(ctx, parseId(args.conversation, 'conversation'), from, args.first);
      return {
        messages: await describeMessages(services, ctx, page.items),
        position: { epoch: page.epoch, seq: page.seq, rev: page.rev },
        continuity: page.continuity,
      };
    },
  }),
);
