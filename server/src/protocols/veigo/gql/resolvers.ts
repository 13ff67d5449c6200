import { GraphQLError } from 'graphql';
import { type Context, requirePrincipal } from '../../../kernel/context.ts';
import type { IdentityApi } from '../../../services/identity/api.ts';
import { createCallerContext } from '../../shared/caller-context.ts';
import type { OriginRule } from '../../shared/same-origin.ts';
import * as accounts from '../accounts.ts';
import { authorize, isAuthorizationFormat } from '../authorize.ts';
import * as messages from '../messages.ts';
import type { VeigoMember } from '../objects.ts';
import { type PageArgs, parseText } from '../parse.ts';
import * as profiles from '../profiles.ts';
import * as rooms from '../rooms.ts';
import type { VeigoDeps } from '../veigo-deps.ts';

export interface GqlDeps extends VeigoDeps {
  readonly identity: IdentityApi;
  readonly origins: OriginRule;
}

/** One request. */
export type Exchange = {
  /** Of nobody. */
  readonly ctx: Context;
  /** Who asks, found when the first field wants to know; a field that needs nobody never looks. */
  authorized(): Promise<Context>;
};

export function createExchange(
  deps: GqlDeps,
  request: {
    readonly method: string;
    readonly headers: { readonly authorization?: string | undefined };
    readonly id: string;
    readonly ip: string;
  },
): Exchange {
  const ctx = createCallerContext(request.ip, request.id);
  let found: Promise<Context> | undefined;
  async function find(): Promise<Context> {
    const { authorization } = request.headers;
    if (authorization !== undefined && !isAuthorizationFormat(authorization)) {
      throw new GraphQLError('Invalid authorization format');
    }
    const { method, headers } = request;
    const authorized = await authorize(deps, { method, headers }, ctx);
    if (!authorized) throw new GraphQLError('No authorization token provided');
    return authorized.ctx;
  }
  return {
    ctx,
    authorized() {
      found ??= find();
      return found;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: GraphQL has checked them against the schema.
type Args = any;
type Resolver = (args: Args, exchange: Exchange) => Promise<unknown>;

/** Every field of the two roots: the operation of its name. */
export function createResolvers(deps: GqlDeps): Readonly<Record<string, Resolver>> {
  /** For who is signed in. */
  const guarded =
    (run: (ctx: Context, args: Args) => Promise<unknown>): Resolver =>
    async (args, { authorized }) =>
      run(await authorized(), args);
  /** For anybody. */
  const open =
    (run: (deps: VeigoDeps, ctx: Context, args: Args) => Promise<unknown>): Resolver =>
    (args, { ctx }) =>
      run(deps, ctx, args);
  const succeed = async (done: Promise<void>) => {
    await done;
    return { success: true };
  };

  return {
    ReadProfile: guarded((ctx, args) => profiles.readProfile(deps, ctx, args)),
    ListRooms: guarded((ctx, args: { page?: PageArgs }) => rooms.listRooms(deps, ctx, args.page)),
    ListMessages: guarded((ctx, args) => messages.listMessages(deps, ctx, args)),
    ListRoomMembers: guarded(async (ctx, args) => {
      const page = await rooms.listMembers(deps, ctx, args);
      return { ...page, records: await nameMembers(deps, ctx, page.records) };
    }),
    ListDevices: guarded((ctx, args: { page?: PageArgs }) => accounts.listDevices(deps, ctx, args.page)),

    SignUp: open(accounts.signUp),
    SignIn: open(accounts.signIn),
    RefreshToken: open((_, ctx, args) => accounts.refreshToken(deps, ctx, args)),
    ValidateAccessToken: open((_, ctx, args) => succeed(accounts.validateAccessToken(deps, ctx, args))),
    SignUpAndCreateProfile: open(async (_, ctx, args) => {
      parseText('name', args.name);
      const entered = await accounts.signUp(deps, ctx, args);
      const profile = profiles.createProfile(deps, entered.ctx, args);
      // The account is there by now: what is wrong with the profile must not keep its tokens from who has made it.
      await profile.catch(() => {});
      return { ...entered, profile };
    }),
    SendEmailVerification: open((...given) => succeed(accounts.sendEmailVerification(...given))),
    VerifyEmail: open((...given) => succeed(accounts.verifyEmail(...given))),
    ForgetPassword: open((...given) => succeed(accounts.forgetPassword(...given))),
    ResetPassword: open((...given) => succeed(accounts.resetPassword(...given))),

    SignOut: guarded((ctx, args) =>
      succeed(
        args.clientId
          ? accounts.signOut(deps, ctx, args)
          : deps.identity.revokeSession(ctx, requirePrincipal(ctx).session),
      ),
    ),
    ChangePassword: guarded((ctx, args) => succeed(accounts.changePassword(deps, ctx, args))),
    DeleteAccount: guarded((ctx, args) => accounts.deleteAccount(deps, ctx, args)),
    CreateProfile: guarded((ctx, args) => profiles.createProfile(deps, ctx, args)),
    UpdateProfile: guarded((ctx, args) => profiles.updateProfile(deps, ctx, args)),
    DeleteProfile: guarded((ctx, args) => profiles.deleteProfile(deps, ctx, args)),
    CreateRoom: guarded(async (ctx, args) => {
      const room = await rooms.createRoom(deps, ctx, args);
      return { ...room, members: await nameMembers(deps, ctx, room.members) };
    }),
    UpdateRoom: guarded((ctx, args) => rooms.updateRoom(deps, ctx, args)),
    AddMembersToRoom: guarded(async (ctx, args) => nameMembers(deps, ctx, await rooms.addMembers(deps, ctx, args))),
    DeleteUserRoom: guarded(async (ctx, args) => {
      const [member] = await nameMembers(deps, ctx, [await rooms.leaveRoom(deps, ctx, args)]);
      return member;
    }),
    CreateMessage: guarded((ctx, args) => messages.createMessage(deps, ctx, args)),
    UpdateMessage: guarded((ctx, args) => messages.updateMessage(deps, ctx, args)),
    DeleteMessage: guarded((ctx, args) => messages.deleteMessage(deps, ctx, args)),
  };
}

/** The schema's `memberId roomId` and the `id name` of the reference's examples. */
async function nameMembers(
  { profiles: reader }: VeigoDeps,
  ctx: Context,
  members: readonly VeigoMember[],
): Promise<readonly (VeigoMember & { readonly id: string; readonly name: string | null })[]> {
  const people = await reader.read(
    ctx,
    members.map(({ memberId }) => memberId as never),
  );
  return members.map((member) => ({
    ...member,
    id: member.memberId,
    name: people.get(member.memberId as never)?.name ?? null,
  }));
}
