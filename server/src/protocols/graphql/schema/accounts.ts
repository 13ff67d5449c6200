import { accountBatchBody, refreshBody, signInBody, signUpBody } from '@parley/contracts';
import { requirePrincipal } from '../../../kernel/context.ts';
import type { SessionId } from '../../../kernel/ids.ts';
import type { Account } from '../../../model/account.ts';
import type { SignedIn, Tokens } from '../../../services/identity/api.ts';
import { renewContext } from '../../shared/caller-context.ts';
import { builder } from './builder.ts';
import type { GraphqlContext } from './context.ts';
import { accountKind } from './enums.ts';
import { parseId, parseInput } from './parse-input.ts';

const account = builder.objectRef<Account>('Account').implement({
  description: 'An account as it was made; what others see of it is its User.',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.expose('kind', { type: accountKind }),
    username: t.exposeString('username'),
    email: t.exposeString('email', { nullable: true }),
    emailVerified: t.exposeBoolean('emailVerified'),
    phone: t.exposeString('phone', { nullable: true }),
    name: t.exposeString('name'),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

const tokens = builder.objectRef<Tokens>('Tokens').implement({
  fields: (t) => ({
    access: t.exposeString('access', { description: 'For "Authorization: Bearer".' }),
    refresh: t.exposeString('refresh', { description: 'Good for one refresh; used twice, it ends its session.' }),
    expiresIn: t.exposeInt('expiresIn', { description: 'Seconds the access token lives.' }),
  }),
});

const signedIn = builder.objectRef<SignedIn>('SignedIn').implement({
  fields: (t) => ({
    account: t.field({ type: account, resolve: (result) => result.account }),
    tokens: t.field({ type: tokens, resolve: (result) => result.tokens }),
    session: t.exposeID('session'),
  }),
});

const newAccount = builder.inputType('NewAccountInput', {
  fields: (t) => ({
    username: t.string({ required: true }),
    email: t.string(),
    password: t.string(),
    name: t.string(),
  }),
});

const signUpInput = builder.inputType('SignUpInput', {
  fields: (t) => ({
    username: t.string({ required: true }),
    email: t.string(),
    password: t.string({ required: true, description: '8 characters at least.' }),
    name: t.string(),
    phone: t.string({ description: 'For me alone, and never proved.' }),
    device: t.string({ description: 'Shown in the list of sessions.' }),
    cookie: t.boolean({ description: 'Set the session cookie as well.' }),
  }),
});

const signInInput = builder.inputType('SignInInput', {
  fields: (t) => ({
    login: t.string({ required: true, description: 'E-mail address or username.' }),
    password: t.string({ required: true }),
    device: t.string({ description: 'Shown in the list of sessions.' }),
    cookie: t.boolean({ description: 'Set the session cookie as well.' }),
  }),
});

async function greet(context: GraphqlContext, result: SignedIn, cookie: boolean | undefined): Promise<SignedIn> {
  const { account: made, session } = result;
  if (!cookie || !context.cookies) return result;
  const principal = { account: made.id, session, username: made.username, admin: made.admin };
  const ctx = renewContext(context.ctx, principal);
  context.cookies.set(await context.services.identity.createCookie(ctx, session));
  return result;
}

builder.mutationFields((t) => ({
  signUp: t.field({
    type: signedIn,
    nullable: true,
    args: { input: t.arg({ type: signUpInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { device, cookie, ...given } = parseInput(signUpBody, input);
      const origin = { device, address: context.ctx.address };
      return greet(context, await context.services.identity.signUp(context.ctx, given, origin), cookie);
    },
  }),
  signIn: t.field({
    type: signedIn,
    nullable: true,
    args: { input: t.arg({ type: signInInput, required: true }) },
    resolve: async (_root, { input }, context) => {
      const { login, password, device, cookie } = parseInput(signInBody, input);
      const origin = { device, address: context.ctx.address };
      return greet(context, await context.services.identity.signIn(context.ctx, { login, password }, origin), cookie);
    },
  }),
  refresh: t.field({
    type: tokens,
    nullable: true,
    description:
      'New tokens for a refresh token; using one twice ends its session, but for a repeat with the same key.',
    args: { refresh: t.arg.string({ required: true }), key: t.arg.string() },
    resolve: (_root, args, { ctx, services }) => {
      const { refresh, key } = parseInput(refreshBody, args);
      return services.identity.refresh(ctx, refresh, key);
    },
  }),
  signOut: t.boolean({
    nullable: true,
    description: 'Ends this session; its tokens are refused everywhere at once.',
    resolve: async (_root, _args, { ctx, services, cookies }) => {
      await services.identity.revokeSession(ctx, requirePrincipal(ctx).session);
      cookies?.clear();
      return true;
    },
  }),
  revokeSession: t.boolean({
    nullable: true,
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_root, { id }, { ctx, services }) => {
      requirePrincipal(ctx);
      await services.identity.revokeSession(ctx, parseId<SessionId>(id));
      return true;
    },
  }),
}));

/** Of many made at once: what became of one. */
type Made = Awaited<ReturnType<GraphqlContext['services']['identity']['createAccounts']>>[number];

const createdAccount = builder.objectRef<Made>('CreatedAccount').implement({
  fields: (t) => ({
    account: t.field({ type: account, nullable: true, resolve: (made) => ('account' in made ? made.account : null) }),
    tokens: t.field({
      type: tokens,
      nullable: true,
      resolve: (made) => ('account' in made ? (made.tokens ?? null) : null),
    }),
    error: t.string({
      nullable: true,
      description: 'The code of what kept it from being made.',
      resolve: (made) => ('code' in made ? made.code : null),
    }),
  }),
});

builder.mutationField('createAccounts', (t) =>
  t.field({
    type: [createdAccount],
    nullable: true,
    description: 'For administrators: up to 1,000 accounts, in the order asked.',
    args: {
      accounts: t.arg({ type: [newAccount], required: true }),
      sessions: t.arg.boolean({ description: 'Sign every new account in as well.' }),
    },
    resolve: (_root, args, { ctx, services }) => {
      requirePrincipal(ctx);
      const given = args.accounts.map((one) => Object.fromEntries(Object.entries(one).filter(([, v]) => v !== null)));
      const { accounts, sessions } = parseInput(accountBatchBody, { accounts: given, sessions: args.sessions });
      return services.identity.createAccounts(ctx, accounts, { sessions });
    },
  }),
);
