import type { AccountId } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';
import type { Presence } from '../../model/presence.ts';
import type { ConversationView } from '../../services/chat/api.ts';
import { profileOf } from '../shared/profile-reader.ts';
import { encodeMessage } from './encode-message.ts';

export type PresenceOf = ReadonlyMap<AccountId, Presence>;

/** A conversation as REST says it: with the other one of a direct conversation and the last message. JSON text. */
export function encodeConversation(
  view: ConversationView,
  profiles: ReadonlyMap<AccountId, Profile>,
  presence: PresenceOf,
): string {
  const peer = view.peer === null ? null : encodeUser(profileOf(profiles, view.peer), presence);
  const last = view.lastMessage;
  const head = JSON.stringify({ ...knownFields(view), peer });
  return `${head.slice(0, -1)},"lastMessage":${last ? encodeMessage(last, profileOf(profiles, last.sender)) : 'null'}}`;
}

/** In a frame: what is known without asking anybody; `peer` stays an id and there is no last message. */
export function encodeConversationInFrame(view: Partial<ConversationView> & Pick<ConversationView, 'id'>): string {
  return JSON.stringify({ ...knownFields(view), peer: view.peer });
}

function knownFields(view: Partial<ConversationView>): object {
  const { lastMessage: _, peer: __, mutedUntil, ...known } = view;
  if (mutedUntil === undefined) return known;
  return { ...known, muted: mutedUntil !== null && Date.parse(mutedUntil) > Date.now(), mutedUntil };
}

/** What everybody may see of somebody, as an object. */
export function encodeProfile({ id, username, name, about, avatar, version, deleted }: Profile): object {
  return { id, username, name, about, avatar, version, deleted };
}

/** A public profile with presence, as an object. */
export function encodeUser(profile: Profile, presence: PresenceOf): object {
  const seen = presence.get(profile.id);
  return {
    ...encodeProfile(profile),
    presence: { state: seen?.online ? 'online' : 'offline', lastSeen: seen?.lastSeen ?? null },
  };
}
