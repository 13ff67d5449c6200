import { errorTable, type Failure } from '../../../kernel/errors.ts';
import type { ConnectionId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import { accountLimits } from '../../../model/account.ts';
import type { Draft } from '../../../model/message.ts';
import { messageLimits } from '../../../model/message.ts';
import type { AppendResult } from '../../../services/chat/api.ts';
import { maxFrameBytes } from '../../shared/socket-outlet.ts';
import { createTextFrame } from '../../shared/text-frame.ts';
import { encodeSender, encodeText } from '../encode-message.ts';

/** What a client put into `ref`; undefined: nothing to echo. */
export type FrameRef = string | number | undefined;

const echo = (ref: FrameRef): string => (ref === undefined ? '' : `,"ref":${JSON.stringify(ref)}`);

/** What this server can do beyond plain sending, so that clients need not guess from a version. */
export const features = [
  'resume',
  'ephemeral',
  'threads',
  'reactions',
  'pins',
  'receipts',
  'typing',
  'presence',
  'search',
] as const;

export function createReady(ready: {
  readonly ref: FrameRef;
  readonly user: Profile;
  readonly connection: ConnectionId;
  readonly heartbeatMs: number;
  readonly sendsInFlight: number;
}): Buffer {
  const limits = JSON.stringify({
    frameBytes: maxFrameBytes,
    textBytes: messageLimits.textBytes,
    contentBytes: messageLimits.contentBytes,
    mentions: messageLimits.mentions,
    nameLength: accountLimits.name,
    sendsInFlight: ready.sendsInFlight,
    watchedUsers: 500,
  });
  return createTextFrame(
    `{"op":"ready"${echo(ready.ref)},"user":${encodeSender(ready.user)},"connection":"${ready.connection}",` +
      `"heartbeatMs":${ready.heartbeatMs},"limits":${limits},"features":${JSON.stringify(features)}}`,
  );
}

export function createRenewed(ref: FrameRef, expiresAt: number): Buffer {
  return createTextFrame(`{"op":"renewed"${echo(ref)},"expiresAt":"${new Date(expiresAt).toISOString()}"}`);
}

/** The answer to one send: `sent` after its commit, or why it was not. */
export function createSent(ref: FrameRef, draft: Draft, result: AppendResult): Buffer {
  if (!('code' in result)) return sent(ref, draft, result.seq, result.rev, result.createdAt);
  const { code, detail, retryAfterMs } = result;
  return error(ref, code, detail ?? errorTable[code].message, retryAfterMs);
}

export function createSentEphemeral(ref: FrameRef, draft: Draft, createdAt: string): Buffer {
  return sent(ref, draft, null, null, createdAt);
}

function sent(ref: FrameRef, draft: Draft, seq: number | null, rev: number | null, createdAt: string): Buffer {
  return createTextFrame(
    `{"op":"sent"${echo(ref)},"conversation":"${draft.conversation}","id":${encodeText(draft.id)},` +
      `"seq":${seq},"rev":${rev},"createdAt":"${createdAt}"}`,
  );
}

export function createError(ref: FrameRef, failure: Failure): Buffer {
  return error(ref, failure.code, failure.message, failure.retryAfterMs);
}

function error(ref: FrameRef, code: Failure['code'], message: string, retryAfterMs: number | undefined): Buffer {
  const wait = retryAfterMs === undefined ? '' : `,"retryAfterMs":${Math.ceil(retryAfterMs)}`;
  return createTextFrame(
    `{"op":"error"${echo(ref)},"code":"${code}","message":${JSON.stringify(message)},` +
      `"retryable":${errorTable[code].retryable}${wait}}`,
  );
}

export function createPong(ref: FrameRef): Buffer {
  return createTextFrame(`{"op":"pong"${echo(ref)}}`);
}
