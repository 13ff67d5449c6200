import { GraphQLError } from 'graphql';
import { type Context, createContext, requirePrincipal } from '../../../kernel/context.ts';
import type { IdentityApi } from '../../../services/identity/api.ts';
import type { OriginRule } from '../../shared/same-origin.ts';
import * as accounts from '../accounts.ts';
import { authorize, isAuthorizationFormat } from '../authorize.ts';
import * as messages from '../messages.ts';
import type { VeigoMember } from '../objects.ts';
import { type PageArgs, parseText } from '../parse.ts';
import * as profiles from '../profiles.ts';
import * as rooms from '../rooms.ts';
import type { Caller, VeigoDeps } from '../veigo-deps.ts';

export interface GqlDeps extends VeigoDeps {
  readonly identity: IdentityApi;
  readonly origins: OriginRule;
}

/** One request. */
export type Exchange = {
  /** Of nobody. */
  readonly ctx: Context;
  readonly caller: Caller;
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
  let found: Promise<Context> | undefined;
  async function find(): Promise<Context> {
    const { authorization } = request.headers;
    if (authorization !== undefined && !isAuthorizationFormat(authorization)) {
      throw new GraphQLError('Invalid authorization format');
    }
    const authorized = await authorize(deps, request, request.id);
    if (!authorized) throw new GraphQLError('No authorization token provided');
    return authorized.ctx;
  }
  return {
    ctx: createContext(null, request.id),
    caller: { address: request.ip },
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
    (run: (ctx: Context, args: Args, caller: Caller) => Promise<unknown>): Resolver =>
    async (args, { authorized, caller }) =>
      run(await authorized(), args, caller);
  /** For anybody. */
  const open =
    (run: (deps: VeigoDeps, ctx: Context, caller: Caller, args: Args) => Promise<unknown>): Resolver =>
    (args, { ctx, caller }) =>
      run(deps, ctx, caller, args);
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
    RefreshToken: open((_, ctx, _caller, args) => accounts.refreshToken(deps, ctx, args)),
    ValidateAccessToken: open((_, ctx, _caller, args) => succeed(accounts.validateAccessToken(deps, ctx, args))),
    SignUpAndCreateProfile: open(async (_, ctx, caller, args) => {
      parseText('name', args.name);
      const entered = await accounts.signUp(deps, ctx, caller, args);
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
    ChangePassword: guarded((ctx, args, caller) => succeed(accounts.changePassword(deps, ctx, caller, args))),
    DeleteAccount: guarded((ctx, args, caller) => accounts.deleteAccount(deps, ctx, caller, args)),
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
