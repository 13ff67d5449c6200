import type { Api } from './api.ts';
import { olderThan, prependPage } from './conversation-log.ts';
import type { Conversations } from './conversations.ts';
import { ParleyError } from './errors.ts';
import type { Users } from './users.ts';

/** Loads the page before what is loaded, one at a time per conversation; false: there is nothing older. */
export function createHistoryLoader(deps: {
  readonly api: Pick<Api, 'getHistory'>;
  readonly conversations: Conversations;
  readonly users: Users;
}): (conversation: string, limit: number) => Promise<boolean> {
  const { api, conversations, users } = deps;
  const loading = new Map<string, Promise<boolean>>();

  async function loadPage(id: string, limit: number): Promise<boolean> {
    // A page that is older than what we know of its messages is read again (see prependPage); rare, so thrice is plenty.
    for (let attempt = 0; attempt < 3; attempt++) {
      const state = conversations.get(id);
      if (!state || state.log.complete) return false;
      const page = await api.getHistory(id, { before: olderThan(state.log), limit });
      const now = conversations.get(id);
      if (!now) return false;
      const { log, stale } = prependPage(now.log, { ...page, items: page.items.map(users.inMessage) }, limit);
      if (stale) continue;
      conversations.set(id, { ...now, log });
      return !log.complete;
    }
    throw new ParleyError('service.unavailable', 'The messages keep changing: try again.', { retryable: true });
  }

  return (id, limit) => {
    const present = loading.get(id);
    if (present) return present;
    const page = loadPage(id, limit).finally(() => loading.delete(id));
    loading.set(id, page);
    return page;
  };
}
