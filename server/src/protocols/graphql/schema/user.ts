import type { Profile } from '../../../model/account.ts';
import type { Presence } from '../../../model/presence.ts';
import { builder } from './builder.ts';
import { connectionOf } from './connection.ts';
import { presenceState } from './enums.ts';

export const presence = builder.objectRef<Presence>('Presence').implement({
  description: 'Whether somebody is there, derived from their connections.',
  fields: (t) => ({
    state: t.field({ type: presenceState, resolve: ({ online }) => (online ? 'online' : 'offline') }),
    lastSeen: t.expose('lastSeen', { type: 'DateTime', nullable: true }),
  }),
});

export const user = builder.objectRef<Profile>('User').implement({
  description: 'What everybody may see of somebody.',
  fields: (t) => ({
    id: t.exposeID('id'),
    username: t.exposeString('username', { description: 'Empty until the profile of a new account is there.' }),
    name: t.exposeString('name'),
    about: t.exposeString('about', { nullable: true }),
    avatar: t.exposeString('avatar', { nullable: true, description: 'The id of an attachment, or a URL.' }),
    version: t.exposeInt('version', {
      description: 'Rises with every change: the higher of two is the newer. 0: nothing is known yet.',
    }),
    deleted: t.exposeBoolean('deleted', {
      description: 'The account has ended: a direct conversation with it takes nothing any more.',
    }),
    presence: t.field({
      type: presence,
      extensions: { loads: true },
      resolve: ({ id }, _args, { loaders }) => loaders.presence.load(id),
    }),
  }),
});

export const userConnection = connectionOf('User', user);
