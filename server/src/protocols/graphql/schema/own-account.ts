import { requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { Account } from '../../../model/account.ts';
import type { AttachmentUsage } from '../../../services/chat/api.ts';
import type { Session } from '../../../services/identity/api.ts';
import type { OwnProfile } from '../../../services/people/api.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './context.ts';
import { accountKind } from './enums.ts';
import { user } from './user.ts';

/** An account as its owner sees it, with the profile that others see. */
export type OwnAccount = Account & OwnProfile;

export async function readOwnAccount({ ctx, services }: GraphqlContext): Promise<OwnAccount> {
  const { account: id } = requirePrincipal(ctx);
  const [[account], own] = await Promise.all([services.identity.getAccounts(ctx, [id]), services.people.getOwn(ctx)]);
  if (!account) throw fail('account.unknown');
  return { ...account, ...own };
}

export const session = builder.objectRef<Session>('Session').implement({
  description: 'A login.',
  fields: (t) => ({
    id: t.exposeID('id'),
    device: t.exposeString('device', { nullable: true }),
    address: t.exposeString('address', { nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    lastSeenAt: t.expose('lastSeenAt', { type: 'DateTime' }),
    current: t.exposeBoolean('current', { description: 'The one that asks.' }),
  }),
});

const attachmentUsage = builder.objectRef<AttachmentUsage>('AttachmentUsage').implement({
  description: 'Bytes.',
  fields: (t) => ({
    usedBytes: t.exposeFloat('usedBytes', { description: 'With those on their way.' }),
    quotaBytes: t.exposeFloat('quotaBytes'),
  }),
});

export const ownAccount = builder.objectRef<OwnAccount>('OwnAccount').implement({
  description: 'My account and profile.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.expose('kind', { type: accountKind }),
    username: t.exposeString('username'),
    email: t.exposeString('email', { nullable: true }),
    emailVerified: t.exposeBoolean('emailVerified'),
    phone: t.exposeString('phone', { nullable: true, description: 'As I gave it at sign-up; never proved.' }),
    admin: t.exposeBoolean('admin'),
    name: t.exposeString('name'),
    about: t.exposeString('about', { nullable: true }),
    avatar: t.exposeString('avatar', { nullable: true, description: 'The id of an attachment, or a URL.' }),
    settings: t.field({
      type: 'JSON',
      description: 'A free object of my clients.',
      resolve: ({ settings }) => JSON.parse(settings) as unknown,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    attachments: t.field({
      type: attachmentUsage,
      description: 'What mine take, and what they may take.',
      extensions: { single: true },
      resolve: (_me, _args, { ctx, services }) => services.chat.getAttachmentUsage(ctx),
    }),
    sessions: t.field({
      type: [session],
      extensions: { single: true },
      resolve: (_me, _args, { ctx, services }) => services.identity.listSessions(ctx),
    }),
    contacts: t.field({
      type: [user],
      extensions: { single: true },
      resolve: (_me, _args, { ctx, services }) => services.people.listContacts(ctx),
    }),
    blocks: t.field({
      type: [user],
      description: 'Whom I block.',
      extensions: { single: true },
      resolve: (_me, _args, { ctx, services }) => services.people.listBlocks(ctx),
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: ownAccount,
    nullable: true,
    description: 'Who asks.',
    resolve: (_root, _args, context) => readOwnAccount(context),
  }),
);
