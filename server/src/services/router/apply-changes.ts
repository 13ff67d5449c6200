import type { AccountId, ConversationId } from '../../kernel/ids.ts';
import type { Change } from '../../model/change.ts';
import {
  type ConversationRow,
  type MembershipRow,
  type MessageRow,
  type PreferencesRow,
  type ReceiptRow,
  toMembership,
  toMessage,
  toPreferences,
} from '../../model/chat-rows.ts';
import type { Membership } from '../../model/conversation.ts';
import type { Delivery, DurableDelivery, EphemeralDelivery } from '../../model/delivery.ts';
import type { AccountRow, SessionRow } from '../../model/identity-rows.ts';
import type { MessageChange } from '../../model/message.ts';
import type { BusRecord } from '../../ports/bus.ts';

type Receipt = Extract<EphemeralDelivery, { kind: 'receipt' }>;

/** Rows of the conversation and its memberships that one rev changed. */
interface Gathered {
  /** Where in the deliveries it stands. */
  readonly at: number;
  readonly conversation: ConversationId;
  readonly rev: number;
  readonly members: Membership[];
  settings: { readonly row: ConversationRow; readonly created: boolean } | null;
}

/**
 * What committed row changes mean to the people concerned, in the order of the changes; each rev of a conversation gives one
 * durable delivery. The rows of one rev belong to one transaction, and records of one transaction come together as long as it
 * fits into a batch (ports/bus, and rule 13). Snapshot rows and deletions are nobody's news.
 */
export function applyChanges(records: readonly BusRecord[]): Delivery[] {
  const deliveries: (Delivery | null)[] = [];
  const gathered = new Map<string, Gathered>();
  const receipts = new Map<string, number>();

  function gather(conversation: ConversationId, rev: number): Gathered {
    const key = `${conversation} ${rev}`;
    let entry = gathered.get(key);
    if (!entry) {
      entry = { at: deliveries.push(null) - 1, conversation, rev, members: [], settings: null };
      gathered.set(key, entry);
    }
    return entry;
  }

  /** Of one member's receipts the last counts: watermarks only rise. */
  function putReceipt(receipt: Receipt): void {
    const key = `${receipt.conversation} ${receipt.user}`;
    const at = receipts.get(key);
    if (at !== undefined) deliveries[at] = receipt;
    else receipts.set(key, deliveries.push(receipt) - 1);
  }

  for (const { value } of records) {
    if (value.after === null || value.op === 'r') continue;
    const { schema, table } = value.source;
    if (schema === 'chat' && table === 'messages') {
      const delivery = toMessageDelivery(value as Change<MessageRow>);
      if (delivery) deliveries.push(delivery);
    } else if (schema === 'chat' && table === 'memberships') {
      const row = value.after as MembershipRow;
      gather(row.conversation_id, row.rev).members.push(toMembership(row));
    } else if (schema === 'chat' && table === 'conversations') {
      const { before, after: row } = value as Change<ConversationRow> & { after: ConversationRow };
      if (before?.rev !== row.rev) gather(row.id, row.rev).settings = { row, created: value.op === 'c' };
    } else if (schema === 'chat' && table === 'receipts') {
      const { conversation_id: conversation, user_id: user, delivered, read } = value.after as ReceiptRow;
      putReceipt({ kind: 'receipt', conversation, user, delivered, read });
    } else if (schema === 'chat' && table === 'preferences') {
      deliveries.push({ kind: 'preferences', ...toPreferences(value.after as PreferencesRow) });
    } else if (schema === 'identity') {
      const revoked = toRevocation(value);
      if (revoked) deliveries.push(revoked);
    }
  }
  for (const entry of gathered.values()) deliveries[entry.at] = toConversationDelivery(entry);
  return deliveries.filter((delivery) => delivery !== null);
}

function toMessageDelivery({ op, before, after }: Change<MessageRow>): DurableDelivery | null {
  const row = after as MessageRow;
  const { conversation_id: conversation, seq } = row;
  if (op === 'c') return { kind: 'message', conversation, rev: row.rev, message: toMessage(row) };
  const rev = row.mod_rev;
  // An update that took no rev is none for people.
  if (rev === null || row.mod === null || before?.mod_rev === rev) return null;
  const change = JSON.parse(row.mod) as MessageChange;
  switch (change.kind) {
    case 'edited':
      return { kind: 'edited', conversation, rev, message: toMessage(row) };
    case 'deleted':
      return { kind: 'deleted', conversation, rev, seq };
    case 'reaction':
      return { ...change, conversation, rev, seq };
    case 'pinned':
      return { ...change, conversation, rev, seq };
  }
}

/** One rev, one delivery: the end of a conversation tells more than the end of its stays, a member more than the settings. */
function toConversationDelivery({ conversation, rev, members, settings: changed }: Gathered): DurableDelivery {
  if (changed && !changed.created && (members.length === 0 || changed.row.deleted_rev === rev)) {
    const { kind, name, topic, visibility, history, deleted_rev: deleted } = changed.row;
    // A change from before the column was there does not have it.
    const settings = { kind, name, topic, avatar: changed.row.avatar ?? null, visibility, history };
    const change = deleted === rev ? 'deleted' : 'updated';
    return { kind: 'conversation', conversation, rev, change, settings };
  }
  return { kind: 'members', conversation, rev, members, created: changed?.created ?? false };
}

/** Ended sessions, suspended and deleted accounts (rule 18). */
function toRevocation({ before, after, source }: Change<object>): Delivery | null {
  if (source.table === 'sessions') {
    const row = after as SessionRow;
    if (row.revoked_at === null || (before as SessionRow | null)?.revoked_at) return null;
    return { kind: 'revoked', user: row.account_id, sessions: [row.id] };
  }
  if (source.table !== 'accounts' || !isEnded(after as AccountRow) || isEnded(before as AccountRow | null)) return null;
  return { kind: 'revoked', user: (after as AccountRow).id as AccountId, sessions: 'all' };
}

function isEnded(row: AccountRow | null): boolean {
  return row !== null && (row.suspended || row.deleted_at !== null);
}
