import type { Api } from './api.ts';
import type { OwnAccount, User } from './types.ts';
import type { Users } from './users.ts';

/** The API, whose answers about people are learned from, and are never older than what is known. */
export function createLearningApi(api: Api, users: Users): Api {
  const take = <U extends User>(user: U): U => {
    users.learn(user);
    return users.current(user);
  };
  const takeOwn = (own: OwnAccount): OwnAccount => {
    users.learn({ ...own, deleted: false });
    return users.current(own);
  };
  const takeAll = <T extends { readonly items: readonly User[] }>(page: T): T => ({
    ...page,
    items: page.items.map(take),
  });
  return {
    ...api,
    getMe: async () => takeOwn(await api.getMe()),
    updateMe: async (change) => takeOwn(await api.updateMe(change)),
    getUser: async (id) => take(await api.getUser(id)),
    getUsers: async (ids) => takeAll(await api.getUsers(ids)),
    searchUsers: async (query, page) => takeAll(await api.searchUsers(query, page)),
    async listMembers(id, page) {
      const members = await api.listMembers(id, page);
      return { ...members, items: members.items.map((member) => ({ ...member, user: take(member.user) })) };
    },
  };
}
