import { fail } from '../../../kernel/errors.ts';
import type { Message } from '../../../model/message.ts';
import type { Action, ActionFacts, MessageFacts } from '../../../ports/policy.ts';
import { readableSeqs } from '../reading/readers.ts';
import { holdsSeqIn } from '../reading/visible-seqs.ts';
import { findMessage } from '../store.ts';
import type { Acting } from './change-conversation.ts';

type MessageAction = { [A in Action]: ActionFacts[A] extends MessageFacts ? A : never }[Action];

/**
 * A message that the actor may see, once it is permitted to do this to it; under the head lock it stays as it is. Only who
 * deletes finds a tombstone: deleting twice is no error. `message.unknown`.
 */
export async function permitMessage(acting: Acting, action: MessageAction, seq: number): Promise<Message> {
  const visible = holdsSeqIn(readableSeqs(acting), seq) ? await findMessage(acting.tx, acting.conversation, seq) : null;
  const message = visible?.deletedAt != null && action !== 'deleteMessage' ? null : visible;
  acting.permit(action, { message });
  // whatever a policy says, there is nothing it could be done to
  if (!message) throw fail('message.unknown');
  return message;
}
