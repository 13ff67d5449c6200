import type { ErrorCode } from '../kernel/errors.ts';
import type { AccountId, SessionId } from '../kernel/ids.ts';
import type { ConversationKind, Role, Visibility } from '../model/conversation.ts';

/** Who acts, as far as a decision may rest on it. Every Principal is one. */
export interface Actor {
  readonly account: AccountId;
  /** null: not known. A draft that comes from a process of an earlier release does not name it. */
  readonly session: SessionId | null;
  readonly admin: boolean;
}

/** The conversation as it stands to the actor, read under the lock of its head. */
export interface Standing {
  readonly kind: ConversationKind;
  readonly visibility: Visibility;
  /** Of the actor; null: not a member now. */
  readonly role: Role | null;
  /** The two of a direct conversation may not write to each other. False in every other kind. */
  readonly blocked: boolean;
}

export interface DraftFacts extends Standing {
  /** In whose name the message is sent. */
  readonly sender: AccountId;
}

export interface MessageFacts extends Standing {
  /** null: there is no such message, or none that the actor may see. */
  readonly message: { readonly sender: AccountId } | null;
}

export interface MemberFacts extends Standing {
  /** The one it is done to; role null: not a member now. */
  readonly target: { readonly account: AccountId; readonly role: Role | null };
}

export interface CreateFacts extends Standing {
  /** One of those who are to be members has blocked the actor. */
  readonly blocksActor: boolean;
}

export interface JoinFacts extends Standing {
  /** Somebody else ended the last membership of the actor. */
  readonly removed: boolean;
  /** The role that is asked for. */
  readonly wanted: Role;
}

export interface WantedFacts extends MemberFacts {
  readonly wanted: Role;
}

export interface AddFacts extends WantedFacts {
  /** The target has blocked the actor. */
  readonly blocksActor: boolean;
}

export interface RoleFacts extends WantedFacts {
  /** The target is the only owner that the conversation has. */
  readonly lastOwner: boolean;
}

/** Everything that somebody may ask to do in a conversation, each with the facts that the decision about it may rest on. */
export interface ActionFacts {
  /** `role` is null: nobody is a member yet. */
  readonly create: CreateFacts;
  readonly send: DraftFacts;
  readonly sendEphemeral: DraftFacts;
  readonly setTyping: Standing;
  readonly editMessage: MessageFacts;
  readonly deleteMessage: MessageFacts;
  readonly setReaction: MessageFacts;
  readonly setPinned: MessageFacts;
  readonly updateSettings: Standing;
  readonly deleteConversation: Standing;
  /** Becoming a member by oneself. */
  readonly join: JoinFacts;
  /** The target keeps the role they have, if they are a member already. */
  readonly addMember: AddFacts;
  /** Changing the role of a member, the actor's own included. */
  readonly putRole: RoleFacts;
  /** Ending the membership of somebody else. */
  readonly removeMember: MemberFacts;
  readonly leave: Standing;
}

export type Action = keyof ActionFacts;

export interface Refusal {
  readonly allowed: false;
  /** The name of the rule that refused: for logs and tests, never told to the caller. */
  readonly rule: string;
  readonly code: ErrorCode;
  /** What the caller is told; absent: the text of the code. */
  readonly detail?: string;
}

export type Decision = { readonly allowed: true } | Refusal;

/**
 * Decides who may do what. Guarantees: pure, synchronous and without exceptions, since it is asked under the lock of a conversation and
 * once for every message of a batch; the same question has the same answer; a refusal names a rule of the policy and a code of the error table. To who
 * is outside a private conversation the answer says nothing about it. Held to by server/conformance/policy.
 */
export type Decide = <A extends Action>(action: A, actor: Actor, facts: ActionFacts[A]) => Decision;
