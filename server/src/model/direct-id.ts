import { createHash } from 'node:crypto';
import type { AccountId, ConversationId } from '../kernel/ids.ts';

/**
 * The id of the direct conversation between two accounts (MESSAGE-PATH rule 17): the same whoever asks first, so that two
 * people who write to each other at once meet in one conversation. A UUID of version 8 (RFC 9562) made from a sha256.
 */
export function createDirectId(one: AccountId, other: AccountId): ConversationId {
  const bytes = createHash('sha256')
    .update(`direct:${sortPair(one, other).join(':')}`)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
  return parts.join('-') as ConversationId;
}

/** The two in id order, as a direct conversation's row keeps them. */
export function sortPair(one: AccountId, other: AccountId): readonly [AccountId, AccountId] {
  return one <= other ? [one, other] : [other, one];
}

/** Of our own ids only those of direct conversations are of version 8. */
export function isDirectId(id: ConversationId): boolean {
  return id.charAt(14) === '8';
}
