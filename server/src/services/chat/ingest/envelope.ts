import { errorTable, fail } from '../../../kernel/errors.ts';
import { type ConversationId, isUuid, type MessageId } from '../../../kernel/ids.ts';
import type { Draft } from '../../../model/message.ts';
import { type BusRecord, topics } from '../../../ports/bus.ts';
import type { AppendResult } from '../api.ts';

/**
 * What travels between the callers of `append` and the committer. On the bus it has the shape of a change, the creation of a row
 * of a table that exists nowhere else: so adapters, dead letters and whoever reads Debezium's shape need no second format.
 */
export interface Request {
  /** Where the answer goes: a name of the calling process, new at each start. */
  readonly caller: string;
  /** Of this draft, among the caller's. */
  readonly number: number;
  readonly draft: Draft;
}

export interface Reply {
  readonly number: number;
  readonly result: AppendResult;
}

/** Keyed by conversation, so that its drafts keep their order. */
export function encodeRequest(request: Request, now: number): BusRecord {
  return encode(topics.ingest, request.draft.conversation, 'drafts', request, request.number, now);
}

/** Keyed by caller, who listens to that key alone. */
export function encodeReply(caller: string, reply: Reply, now: number): BusRecord {
  return encode(topics.replies, caller, 'answers', reply, reply.number, now);
}

/** `number` stands for the transaction: a batch may end after any of them. */
function encode(topic: string, key: string, table: string, after: object, number: number, now: number): BusRecord {
  const source = { db: '', schema: 'ingest', table, lsn: String(number), ordinal: 0, incarnation: '' };
  return {
    topic,
    key,
    value: { before: null, after, source: { ...source, ts_ms: now, snapshot: false }, op: 'c', ts_ms: now },
  };
}

/** Who is to be told of a record, if it says so; its draft may still be none. */
export function readReturnAddress({ value }: BusRecord): Pick<Request, 'caller' | 'number'> | null {
  const { caller, number } = (value.after ?? {}) as Partial<Request>;
  return typeof caller === 'string' && Number.isSafeInteger(number) ? { caller, number: number! } : null;
}

/** Anybody who can write to the broker may have written it: `request.invalid` when it is no draft of that conversation. */
export function parseDraft({ key, value }: BusRecord): Draft {
  const { draft } = (value.after ?? {}) as { draft?: Partial<Record<keyof Draft, unknown>> };
  if (typeof draft !== 'object' || draft === null) throw fail('request.invalid', 'The record holds no draft.');
  const {
    id,
    conversation,
    sender,
    session = null,
    admin = false,
    content,
    hash,
    attachment,
    replyTo,
    thread,
    mentions,
  } = draft;
  const isValid =
    isText(id) &&
    isUuid(conversation) &&
    conversation === key &&
    isUuid(sender) &&
    // a process of an earlier release says neither
    (session === null || isText(session)) &&
    typeof admin === 'boolean' &&
    isText(content) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    (attachment === null || isUuid(attachment)) &&
    isSeq(replyTo) &&
    isSeq(thread) &&
    Array.isArray(mentions) &&
    mentions.every(isUuid);
  if (!isValid) throw fail('request.invalid', 'The draft is not valid.');
  return {
    id: id as MessageId,
    conversation: conversation as ConversationId,
    sender: sender as Draft['sender'],
    session: session as Draft['session'],
    admin,
    content,
    hash,
    attachment: attachment as Draft['attachment'],
    replyTo,
    thread,
    mentions: mentions as unknown as Draft['mentions'],
  };
}

/** null: not an answer of ours. */
export function parseReply({ value }: BusRecord): Reply | null {
  const { number, result } = (value.after ?? {}) as { number?: unknown; result?: Partial<Record<string, unknown>> };
  if (typeof number !== 'number' || typeof result !== 'object' || result === null) return null;
  const isAppended = typeof result.seq === 'number' && typeof result.rev === 'number';
  const isRefused = typeof result.code === 'string' && result.code in errorTable;
  return isAppended || isRefused ? { number, result: result as unknown as AppendResult } : null;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;
const isSeq = (value: unknown): value is number | null => value === null || Number.isSafeInteger(value);
