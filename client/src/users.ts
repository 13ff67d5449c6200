import type { Conversation, Message, Profile } from './types.ts';

/** What is read of somebody, in whatever detail. */
export type Shown = Pick<Profile, 'id' | 'username' | 'name' | 'version'>;

/**
 * How accounts are shown, as far as it was told or read: of each the highest version, whichever came first. An answer that was
 * read before a change may arrive after it, and every process of the server hears of it in its own time.
 */
export interface Users {
  get(id: string): Profile | undefined;
  learn(profile: Profile): void;
  /** The same with what is known to be newer; itself when nothing is. */
  current<U extends Shown>(user: U): U;
  inMessage<M extends Pick<Message, 'sender'>>(message: M): M;
  inSummary(summary: Conversation): Conversation;
  /** Forgets all others. */
  keep(ids: ReadonlySet<string>): void;
  clear(): void;
}

/** `onNewer`: shown otherwise from now on. */
export function createUsers(onNewer: (profile: Profile) => void): Users {
  const known = new Map<string, Profile>();

  function current<U extends Shown>(user: U): U {
    const newer = known.get(user.id);
    if (!newer || newer.version <= user.version) return user;
    const taken = Object.entries(newer).filter(([key]) => key in user);
    return { ...user, ...Object.fromEntries(taken) };
  }

  function inMessage<M extends Pick<Message, 'sender'>>(message: M): M {
    const sender = current(message.sender);
    return sender === message.sender ? message : { ...message, sender };
  }

  function learn({ id, username, name, about, avatar, version, deleted }: Profile): void {
    if (version <= (known.get(id)?.version ?? 0)) return;
    const profile = { id, username, name, about, avatar, version, deleted };
    known.set(id, profile);
    onNewer(profile);
  }

  return {
    get: (id) => known.get(id),
    learn,
    current,
    inMessage,
    inSummary(summary) {
      const { lastMessage } = summary;
      if (summary.peer) learn(summary.peer);
      const peer = summary.peer && current(summary.peer);
      return { ...summary, peer, lastMessage: lastMessage && inMessage(lastMessage) };
    },
    keep(ids) {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    },
    clear: () => known.clear(),
  };
}
