import type { Context } from '../../../kernel/context.ts';
import { fail, toFailure } from '../../../kernel/errors.ts';
import type { AccountId, ConversationId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import type { Connection } from '../../../services/realtime/api.ts';
import { createCallerContext } from '../../shared/caller-context.ts';
import { createDraft } from '../create-draft.ts';
import type { RealtimeSocketDeps } from '../native-deps.ts';
import { createError, createPong, createRenewed, createSentEphemeral, type FrameRef } from './answers.ts';
import { type Client, type ClientOutlet, countInvalid } from './client.ts';
import type { Resumes } from './gather-resumes.ts';
import { type ParsedFrame, parseFrame, refOf } from './parse-frame.ts';

export interface FrameHandling extends Pick<RealtimeSocketDeps, 'identity' | 'chat' | 'log' | 'config' | 'beginFrame'> {
  readonly resumes: Resumes;
  readonly gather: (outlet: ClientOutlet, ref: FrameRef, draft: Draft) => void;
}

/** One frame of an open connection. Whatever is wrong with it is answered with `error`; the connection stays. */
export function handleFrame(
  deps: FrameHandling,
  outlet: ClientOutlet,
  value: Record<string, unknown>,
  text: string,
): void {
  const client = outlet.state as Client;
  const connection = client.connection as Connection;
  const refuse = (thrown: unknown) => {
    const failure = toFailure(thrown);
    if (failure.code === 'internal') deps.log.error({ op: value.op, err: failure.cause ?? failure }, 'frame failed');
    connection.send(createError(refOf(value), failure));
    if (failure.code === 'request.invalid') countInvalid(outlet);
  };
  try {
    const frame = parseFrame(value);
    client.invalid = Math.max(0, client.invalid - 1);
    const answered =
      frame.op === 'send' ? onSend(deps, outlet, connection, frame, text) : onOther(deps, outlet, connection, frame);
    answered?.catch(refuse).catch((thrown) => outlet.fail(thrown));
  } catch (thrown) {
    refuse(thrown);
  }
}

type Send = Extract<ParsedFrame, { op: 'send' }>;

/** A promise: what its failure says is still to be told. */
function onSend(
  deps: FrameHandling,
  outlet: ClientOutlet,
  connection: Connection,
  frame: Send,
  text: string,
): Promise<void> | undefined {
  const client = outlet.state as Client;
  const { principal } = connection;
  if (client.sendsInFlight >= deps.config.sendsInFlight) {
    throw fail('rate.limited', { detail: 'Too many sends wait for their answer: slow down.', retryAfterMs: 250 });
  }
  const draft = createDraft(principal, frame.conversation, frame, text);
  if (!frame.ephemeral) {
    deps.gather(outlet, frame.ref, draft);
    return undefined;
  }
  client.sendsInFlight++;
  return deps.chat
    .sendEphemeral(createCallerContext(client.address, connection.id, principal), draft)
    .finally(() => {
      client.sendsInFlight--;
    })
    .then(({ createdAt }) => connection.send(createSentEphemeral(frame.ref, draft, createdAt)));
}

/** Undefined: done. A promise: what its failure says is still to be told. */
function onOther(
  deps: FrameHandling,
  outlet: ClientOutlet,
  connection: Connection,
  frame: Exclude<ParsedFrame, Send>,
): Promise<void> | undefined {
  if (frame.op === 'ping') {
    connection.send(createPong(frame.ref));
    return undefined;
  }
  const client = outlet.state as Client;
  const ctx = deps.beginFrame(client.address, connection.id, connection.principal);
  switch (frame.op) {
    case 'resume':
      return deps.resumes.take(client, connection, frame);
    case 'receipt':
      return deps.chat.putReceipt(ctx, frame.conversation as ConversationId, {
        delivered: frame.delivered,
        read: frame.read,
      });
    case 'typing':
      return deps.chat.setTyping(ctx, frame.conversation as ConversationId, frame.on);
    case 'presence':
      connection.watchPresence(frame.watch as AccountId[]);
      return undefined;
    case 'auth':
      return onRenew({ deps, ctx, outlet, connection, frame });
  }
}

/** A fresh token of the same session keeps the connection; another session would outlive the revocation of this one. */
async function onRenew(renewal: {
  readonly deps: FrameHandling;
  readonly ctx: Context;
  readonly outlet: ClientOutlet;
  readonly connection: Connection;
  readonly frame: Extract<ParsedFrame, { op: 'auth' }>;
}): Promise<void> {
  const { deps, ctx, outlet, connection, frame } = renewal;
  const { principal } = connection;
  const { ref, token } = frame;
  try {
    const verified = await deps.identity.verifyAccess(ctx, token);
    if (verified.principal.account !== principal.account || verified.principal.session !== principal.session) {
      throw fail('actor.mismatch', 'This token is of another session: open a connection of its own for it.');
    }
    connection.renew(verified.expiresAt);
    connection.send(createRenewed(ref, verified.expiresAt));
  } catch (thrown) {
    const failure = toFailure(thrown);
    const answer = createError(ref, failure);
    if (failure.row.close === null || failure.row.retryable) {
      connection.send(answer);
      return;
    }
    // Ahead of the close frame: what is queued goes out only in the next turn.
    outlet.write(answer);
    outlet.close(failure.row.close, failure.message);
  }
}
