import type { Account, Client } from '@parley/client';
import { nameChanged, signedIn, signedOut } from './entities/account.ts';
import {
  type ConversationEntity,
  conversationsChanged,
  conversationsCleared,
  conversationsListed,
} from './entities/conversations.ts';
import { membersLoaded, peopleCleared, presenceChanged, userChanged } from './entities/people.ts';
import type { store as appStore } from './store.ts';
import { composersCleared } from './views/composers.ts';
import { connectionChanged } from './views/connection.ts';

type Store = typeof appStore;

/** Carries what the client says into the store. Called once, before the first page. */
export function bindClient(client: Client, store: Store): void {
  client.on('update', ({ conversations }) => {
    store.dispatch(conversationsChanged(conversations.map((id) => [id, readEntity(client, id)] as const)));
    if (client.listed && !store.getState().entities.conversations.listed) store.dispatch(conversationsListed());
    watchPeers(client, store);
  });
  client.on('user', (profile) => {
    store.dispatch(userChanged(profile));
    if (profile.id === client.account?.id) store.dispatch(nameChanged(profile.name));
  });
  client.on('synced', () => {
    store.dispatch(conversationsListed());
    // Who came and went while there was no connection is told by no frame.
    for (const id of Object.keys(store.getState().entities.people.members)) void loadMembers(client, store, id);
  });
  client.on('presence', ({ user, state, lastSeen }) => {
    store.dispatch(presenceChanged({ user, presence: { state, lastSeen } }));
  });
  client.on('conversation', ({ conversation, change }) => {
    if (change === 'updated' || !store.getState().entities.people.members[conversation.id]) return;
    void loadMembers(client, store, conversation.id);
  });
  client.on('state', (state) => {
    store.dispatch(connectionChanged({ state, refusal: client.refusal }));
    if (state === 'signedOut') {
      store.dispatch(signedOut());
      store.dispatch(conversationsCleared());
      store.dispatch(peopleCleared());
      store.dispatch(composersCleared());
      watched = '';
    }
  });
}

/** What follows a sign-in, a sign-up and a page load with a session. */
export function enter(client: Client, store: Store, account: Account): void {
  store.dispatch(signedIn(account));
  client.connect();
}

/** Reads the members of a conversation, page by page up to 1000: whom one can see in a list. */
export async function loadMembers(client: Client, store: Store, conversation: string): Promise<void> {
  try {
    const members = [];
    let after: string | null = null;
    do {
      const page = await client.api.listMembers(conversation, { limit: 200, ...(after ? { after } : {}) });
      members.push(...page.items);
      after = page.next;
    } while (after && members.length < 1_000);
    // The first pages may be older than what was told since.
    const shown = members.map((member) => ({ ...member, user: { ...member.user, ...client.user(member.user.id) } }));
    store.dispatch(membersLoaded({ conversation, members: shown }));
  } catch {
    // Names fall back to what the messages say; opening the conversation again tries again.
  }
}

function readEntity(client: Client, id: string): ConversationEntity | null {
  const state = client.conversation(id);
  return state ? { ...state, drafts: client.drafts(id) } : null;
}

let watched = '';

/** The other ones of direct conversations: whose dot the list shows. */
function watchPeers(client: Client, store: Store): void {
  const peers = Object.values(store.getState().entities.conversations.byId)
    .map(({ summary }) => summary.peer?.id)
    .filter((id) => id !== undefined)
    .sort();
  const key = peers.join();
  if (key === watched || client.state !== 'online') return;
  watched = key;
  client.watchPresence(peers);
}
