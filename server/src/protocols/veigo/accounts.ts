import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail, toFailure } from '../../kernel/errors.ts';
import { cleanDevice } from '../../model/text/device.ts';
import type { SignedIn } from '../../services/identity/api.ts';
import { describeAccount, describeTokens, type VeigoAccount, type VeigoPage, type VeigoTokens } from './objects.ts';
import { given, type Maybe, type PageArgs, parsePage, parsePassword, parseText } from './parse.ts';
import type { VeigoDeps } from './veigo-deps.ts';

/** Accounts, tokens and devices in Veigo's words; a device (`clientId`) is a session's. Errors are the services' own. */
export interface Entered {
  readonly account: VeigoAccount;
  readonly token: VeigoTokens;
  /** The one who has entered, for what is done in the same request. */
  readonly ctx: Context;
}

export interface SignUpArgs {
  readonly email?: Maybe;
  readonly password?: Maybe;
  readonly clientId?: Maybe;
  readonly phone?: Maybe;
  readonly name?: Maybe;
}

/** `account.taken` when the e-mail address is. */
export async function signUp(deps: VeigoDeps, ctx: Context, args: SignUpArgs): Promise<Entered> {
  const email = parseText('email', args.email);
  const password = parsePassword('password', args.password);
  const origin = { device: parseText('clientId', args.clientId), address: ctx.address };
  const account = { email, password, name: given(args.name), phone: given(args.phone) };
  return enter(ctx, await deps.identity.signUp(ctx, account, origin).catch(explainRule));
}

/** `--sign-up`: why there is no account for anybody is for a person to read. */
function explainRule(thrown: unknown): never {
  const failure = toFailure(thrown);
  if (failure.code !== 'action.forbidden') throw thrown;
  throw fail(failure.code, { problems: [{ path: 'SignUp', message: failure.message }] });
}

export async function signIn(
  deps: VeigoDeps,
  ctx: Context,
  args: { readonly email?: Maybe; readonly password?: Maybe; readonly clientId?: Maybe },
): Promise<Entered> {
  const login = parseText('email', args.email);
  const password = parseText('password', args.password);
  const origin = { device: parseText('clientId', args.clientId), address: ctx.address };
  return enter(ctx, await deps.identity.signIn(ctx, { login, password }, origin));
}

function enter(ctx: Context, { account, session, tokens }: SignedIn): Entered {
  const principal = { account: account.id, session, username: account.username, admin: account.admin };
  return {
    account: describeAccount(account),
    token: describeTokens(tokens),
    ctx: { ...ctx, principal },
  };
}

export async function refreshToken(
  { identity }: VeigoDeps,
  ctx: Context,
  args: { readonly token?: Maybe },
): Promise<VeigoTokens> {
  return describeTokens(await identity.refresh(ctx, parseText('token', args.token)));
}

/** `token.…`, `session.revoked`, `account.suspended` for one that is worth nothing. */
export async function validateAccessToken(
  { identity }: VeigoDeps,
  ctx: Context,
  args: { readonly token?: Maybe },
): Promise<void> {
  await identity.verifyAccess(ctx, parseText('token', args.token));
}

/**
 * Ends every session of the device. An unknown one is no error. Older clients say `{accountId = 1, clientId = 2}`: what they mean is
 * theirs, so the account must be who asks.
 */
export async function signOut(
  { identity }: VeigoDeps,
  ctx: Context,
  args: { readonly clientId?: Maybe; readonly olderClientId?: Maybe },
): Promise<void> {
  const older = Boolean(args.olderClientId);
  if (older && args.clientId !== requirePrincipal(ctx).account) throw fail('actor.mismatch');
  const clientId = cleanDevice(parseText('clientId', older ? args.olderClientId : args.clientId));
  const sessions = await identity.listSessions(ctx);
  // Its own session last: nothing more is granted once it has ended.
  const ending = sessions.filter((session) => deviceOf(session) === clientId);
  ending.sort((a, b) => Number(a.current) - Number(b.current));
  for (const { id } of ending) await identity.revokeSession(ctx, id);
}

/** The caller's by name, which does not change while they page; a session without a name goes by its id. */
export async function listDevices(
  { identity }: VeigoDeps,
  ctx: Context,
  page: PageArgs | null | undefined,
): Promise<VeigoPage<{ readonly clientId: string }>> {
  const { limit, after } = parsePage(page, 10);
  const devices = [...new Set((await identity.listSessions(ctx)).map(deviceOf))].sort();
  const rest = after === undefined ? devices : devices.filter((device) => device > after);
  const records = rest.slice(0, limit).map((clientId) => ({ clientId }));
  const hasMore = rest.length > limit;
  return { records, metadata: { cursor: hasMore ? (records.at(-1)?.clientId ?? null) : null, hasMore } };
}

const deviceOf = ({ device, id }: { readonly device: string | null; readonly id: string }): string => device ?? id;

/** Ends all other sessions. */
export async function changePassword(
  deps: VeigoDeps,
  ctx: Context,
  args: { readonly oldPassword?: Maybe; readonly newPassword?: Maybe },
): Promise<void> {
  const oldPassword = parseText('oldPassword', args.oldPassword);
  const newPassword = parsePassword('newPassword', args.newPassword);
  await deps.identity.changePassword(ctx, { oldPassword, newPassword });
}

/** Sends a code, if the address is an account's; never says whether it is. */
export async function forgetPassword(deps: VeigoDeps, ctx: Context, args: { readonly email?: Maybe }): Promise<void> {
  const email = parseText('email', args.email);
  await deps.identity.requestRecovery(ctx, email);
}

interface OtpArgs {
  readonly email?: Maybe;
  readonly otp?: Maybe;
}

/** `token.invalid` for a wrong, used or expired code. Ends all sessions. The code says whose it is: the address is only checked to be there. */
export async function resetPassword(
  deps: VeigoDeps,
  ctx: Context,
  args: OtpArgs & { readonly newPassword?: Maybe },
): Promise<void> {
  const code = parseOtp(args);
  const password = parsePassword('newPassword', args.newPassword);
  await deps.identity.resetPassword(ctx, { code, password });
}

/** Sends the code anew, if the address is that of an account that has not proved it; never says whether it is. */
export async function sendEmailVerification(
  deps: VeigoDeps,
  ctx: Context,
  args: { readonly email?: Maybe },
): Promise<void> {
  const email = parseText('email', args.email);
  await deps.identity.requestVerification(ctx, email);
}

/** `token.invalid`. */
export async function verifyEmail(deps: VeigoDeps, ctx: Context, args: OtpArgs): Promise<void> {
  const code = parseOtp(args);
  await deps.identity.verifyEmail(ctx, code);
}

/** Whether a code is good, without using it up: `token.invalid` when it is not. */
export async function validateOtp(deps: VeigoDeps, ctx: Context, args: OtpArgs): Promise<void> {
  const code = parseOtp(args);
  await deps.identity.checkCode(ctx, code);
}

function parseOtp(args: OtpArgs): string {
  parseText('email', args.email);
  return parseText('otp', args.otp);
}

/**
 * The account as it was. DEPARTS: the reference asks for nothing; whoever has got hold of a token must not be able to end an account,
 * so the password is asked for.
 */
export async function deleteAccount(
  deps: VeigoDeps,
  ctx: Context,
  args: { readonly password?: Maybe },
): Promise<VeigoAccount> {
  const { account: id } = requirePrincipal(ctx);
  const password = parseText('password', args.password);
  const [account] = await deps.identity.getAccounts(ctx, [id]);
  if (!account) throw fail('session.revoked');
  await deps.identity.deleteAccount(ctx, password);
  return describeAccount(account);
}
