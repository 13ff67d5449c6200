import { applyTyping, type ConversationState } from './conversation-state.ts';
import type { Profile, StoredMessage } from './types.ts';

/** Shows somebody as they are now, wherever the conversation shows them. Who has ended writes no more. */
export function showUser(state: ConversationState, profile: Profile): ConversationState {
  const { summary, log } = state;
  const rename = (message: StoredMessage): StoredMessage => {
    const { id, username, name, version } = profile;
    if (message.sender.id !== id || message.sender.version >= version) return message;
    return { ...message, sender: { id, username, name, version } };
  };
  const isOld = (message: StoredMessage) => rename(message) !== message;
  const peer = summary.peer?.id === profile.id ? { ...summary.peer, ...profile } : summary.peer;
  const lastMessage = summary.lastMessage && rename(summary.lastMessage);
  const messages = log.messages.some(isOld) ? log.messages.map(rename) : log.messages;
  const next = profile.deleted ? applyTyping(state, profile.id, false) : state;
  if (peer === summary.peer && lastMessage === summary.lastMessage && messages === log.messages) return next;
  return { ...next, summary: { ...summary, peer, lastMessage }, log: { ...log, messages } };
}

/** Everybody whom these conversations show. */
export function shownUsers(states: readonly ConversationState[]): Set<string> {
  const ids = new Set<string>();
  for (const { summary, log } of states) {
    if (summary.peer) ids.add(summary.peer.id);
    if (summary.lastMessage) ids.add(summary.lastMessage.sender.id);
    for (const { sender } of log.messages) ids.add(sender.id);
  }
  return ids;
}
