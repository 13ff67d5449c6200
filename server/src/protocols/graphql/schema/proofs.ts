import { deleteAccountBody, ownProfileBody, passwordBody, recoverBody, resetBody, verifyBody } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import { builder } from './builder.ts';
import { ownAccount, readOwnAccount } from './own-account.ts';
import { parseInput } from './parse-input.ts';

/** What is proved by a code from an e-mail; each try counts as a sign-in. */
builder.mutationFields((t) => ({
  verifyEmail: t.boolean({
    nullable: true,
    description: 'Proves the e-mail address.',
    args: { code: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      await services.identity.verifyEmail(ctx, parseInput(verifyBody, args).code);
      return true;
    },
  }),
  requestVerification: t.boolean({
    nullable: true,
    description: 'Has a new code sent to an address that is not proved yet; never says whether it is known.',
    args: { email: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      await services.identity.requestVerification(ctx, parseInput(recoverBody, args).email);
      return true;
    },
  }),
  requestRecovery: t.boolean({
    nullable: true,
    description: 'Has a code sent with which a new password can be set; never says whether the address is known.',
    args: { email: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      await services.identity.requestRecovery(ctx, parseInput(recoverBody, args).email);
      return true;
    },
  }),
  resetPassword: t.boolean({
    nullable: true,
    description: 'Sets a new password with a code; ends all sessions.',
    args: { code: t.arg.string({ required: true }), password: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      await services.identity.resetPassword(ctx, parseInput(resetBody, args));
      return true;
    },
  }),
  changePassword: t.boolean({
    nullable: true,
    description: 'Ends all other sessions.',
    args: { oldPassword: t.arg.string({ required: true }), newPassword: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.identity.changePassword(ctx, parseInput(passwordBody, args));
      return true;
    },
  }),
  deleteAccount: t.boolean({
    nullable: true,
    description: 'Messages stay, under a name that says that the account is deleted.',
    args: { password: t.arg.string({ required: true }) },
    resolve: async (_root, args, { ctx, services, cookies }) => {
      requirePrincipal(ctx);
      await services.identity.deleteAccount(ctx, parseInput(deleteAccountBody, args).password);
      cookies?.clear();
      return true;
    },
  }),
}));

const profileInput = builder.inputType('ProfileInput', {
  fields: (t) => ({
    name: t.string(),
    about: t.string({ description: 'null clears it.' }),
    avatar: t.string({ description: 'The id of an attachment, or a URL; null clears it.' }),
    settings: t.field({ type: 'JSON', description: 'A free object of my clients, replaced as a whole; 16 KiB.' }),
  }),
});

builder.mutationField('updateMe', (t) =>
  t.field({
    type: ownAccount,
    nullable: true,
    args: { input: t.arg({ type: profileInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { ctx, services } = context;
      requirePrincipal(ctx);
      const { settings, ...profile } = parseInput(ownProfileBody, input);
      await services.people.updateOwn(ctx, { ...profile, ...(settings && { settings: JSON.stringify(settings) }) });
      return readOwnAccount(context);
    },
  }),
);
