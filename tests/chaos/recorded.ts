/** What `content` is of a message that has been deleted. */
export const tombstone = 'null';

/** One message in one state, as somebody saw it. `content` is any short name of the content: equal for equal contents. */
export interface Seen {
  readonly conversation: string;
  readonly seq: number;
  readonly rev: number;
  readonly id: string;
  /** Account id. */
  readonly sender: string;
  readonly content: string;
  /** One line for each, `emoji account`, sorted; empty: none. */
  readonly reactions: string;
}

/** What a client asked to be stored. `seq` and `rev` null: not acknowledged. */
export interface SentMessage {
  readonly conversation: string;
  readonly id: string;
  readonly content: string;
  seq: number | null;
  rev: number | null;
}

/** An edit of its own message that a client asked for; `rev` null: it had no answer, and may have happened. */
export interface RecordedEdit {
  readonly conversation: string;
  readonly seq: number;
  readonly content: string;
  rev: number | null;
}

/** A deletion of its own message that a client asked for; not acknowledged, it may have happened. It asks for no change after. */
export interface RecordedDeletion {
  readonly conversation: string;
  readonly seq: number;
  acked: boolean;
}

/** A reaction to its own message that a client asked for, and never takes back. */
export interface RecordedReaction {
  readonly conversation: string;
  readonly seq: number;
  readonly emoji: string;
  acked: boolean;
}

/** Everything one client did and was told. */
export interface RecordedClient {
  /** Account id. */
  readonly user: string;
  readonly sent: readonly SentMessage[];
  readonly edits: readonly RecordedEdit[];
  readonly deletions: readonly RecordedDeletion[];
  readonly reactions: readonly RecordedReaction[];
  /** New messages in the order in which the application was told of them, over all its connections. */
  readonly told: readonly Seen[];
  /** What it shows at the end: of each conversation the last messages without a hole, ascending by seq. */
  readonly shown: readonly Seen[];
}

/** A conversation as the server gives it page by page when everything is over. */
export interface RecordedConversation {
  readonly id: string;
  /** Account ids: who was in it from its first message to its last. */
  readonly members: readonly string[];
  readonly lastSeq: number;
  /** In the order of the pages. */
  readonly history: readonly Seen[];
}

/** One run, seen from outside. */
export interface Recorded {
  readonly clients: readonly RecordedClient[];
  readonly conversations: readonly RecordedConversation[];
}

/** The name of a message's reactions, as `Seen` has it. */
export function nameReactions(reactions: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries(reactions)
    .flatMap(([emoji, users]) => users.map((user) => `${emoji} ${user}`))
    .sort()
    .join('\n');
}
