import * as wire from '@parley/contracts/rpc/identity.v1';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import { account, accountsByUsername } from '../../rpc/wire/model.ts';
import {
  args,
  argument,
  field,
  flag,
  list,
  nothing,
  optional,
  record,
  required,
  roughText,
  same,
  text,
  whole,
} from '../../rpc/wire/shapes.ts';
import {
  createResult,
  login,
  newAccount,
  origin,
  publicKey,
  revoked,
  session,
  signedIn,
  tokens,
  verified,
} from './rpc-messages.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

type Request<K extends keyof WholeIdentityApi> = Parameters<WholeIdentityApi[K]>[1];
type Answer<K extends keyof WholeIdentityApi> = Awaited<ReturnType<WholeIdentityApi[K]>>;

const reset = record<Request<'resetPassword'>, wire.ResetPasswordRequest>({
  code: roughText,
  password: text,
});
const change = same<Request<'changePassword'>, wire.ChangePasswordRequest>();
const cookie = same<Answer<'createCookie'>, wire.CreateCookieResponse>();
const keySet = record<Answer<'jwks'>, wire.JwksResponse>({ keys: list(publicKey) });
const ended = record<Answer<'listRevoked'>, wire.ListRevokedResponse>({ keepMs: whole, sessions: list(revoked) });
const options = record<NonNullable<Parameters<WholeIdentityApi['createAccounts']>[2]>, wire.CreateAccountsOptions>({
  sessions: optional(flag),
});

const entered = field('signedIn', required(signedIn));
const who = field('verified', required(verified));
const accounts = field('accounts', list(account));

/** Reads, and writes that set what is asked: any number of times is as good as once. */
const repeatable = { idempotent: true };
/** A second time means another thing: a second session, a code or a token that is used up, another mail. */
const once = { idempotent: false };

/** parley.identity.v1.IdentityService: both halves over the wire, where every caller is a process of ours. */
export const identityRpc: RpcService<WholeIdentityApi> = createRpcService<WholeIdentityApi>(
  'identity',
  'parley.identity.v1.IdentityService',
  {
    signUp: unary(
      wire.SignUpRequest,
      args(['account', required(newAccount)], ['origin', required(origin)]),
      wire.SignUpResponse,
      entered,
      once,
    ),
    createAccounts: unary(
      wire.CreateAccountsRequest,
      args(['accounts', list(newAccount)], ['options', optional(options)]),
      wire.CreateAccountsResponse,
      field('results', list(createResult)),
      once,
    ),
    signIn: unary(
      wire.SignInRequest,
      args(['login', required(login)], ['origin', required(origin)]),
      wire.SignInResponse,
      entered,
      once,
    ),
    refresh: unary(
      wire.RefreshRequest,
      args(['refresh', roughText], ['key', optional(roughText)]),
      wire.RefreshResponse,
      field('tokens', required(tokens)),
      once,
    ),
    listSessions: unary(
      wire.ListSessionsRequest,
      args(),
      wire.ListSessionsResponse,
      field('sessions', list(session)),
      repeatable,
    ),
    revokeSession: unary(
      wire.RevokeSessionRequest,
      args(['session', text]),
      wire.RevokeSessionResponse,
      nothing,
      repeatable,
    ),
    requestRecovery: unary(
      wire.RequestRecoveryRequest,
      args(['email', roughText]),
      wire.RequestRecoveryResponse,
      nothing,
      once,
    ),
    requestVerification: unary(
      wire.RequestVerificationRequest,
      args(['email', roughText]),
      wire.RequestVerificationResponse,
      nothing,
      once,
    ),
    resetPassword: unary(wire.ResetPasswordRequest, argument(reset), wire.ResetPasswordResponse, nothing, once),
    verifyEmail: unary(wire.VerifyEmailRequest, args(['code', roughText]), wire.VerifyEmailResponse, nothing, once),
    checkCode: unary(wire.CheckCodeRequest, args(['code', roughText]), wire.CheckCodeResponse, nothing, repeatable),
    changePassword: unary(wire.ChangePasswordRequest, argument(change), wire.ChangePasswordResponse, nothing, once),
    deleteAccount: unary(
      wire.DeleteAccountRequest,
      args(['password', text]),
      wire.DeleteAccountResponse,
      nothing,
      once,
    ),
    getAccounts: unary(
      wire.GetAccountsRequest,
      args(['ids', list(text)]),
      wire.GetAccountsResponse,
      accounts,
      repeatable,
    ),
    resolveUsernames: unary(
      wire.ResolveUsernamesRequest,
      args(['usernames', list(roughText)]),
      wire.ResolveUsernamesResponse,
      field('accounts', accountsByUsername),
      repeatable,
    ),
    setSuspended: unary(
      wire.SetSuspendedRequest,
      args(['account', text], ['suspended', flag]),
      wire.SetSuspendedResponse,
      nothing,
      repeatable,
    ),
    verifyAccess: unary(
      wire.VerifyAccessRequest,
      args(['token', roughText]),
      wire.VerifyAccessResponse,
      who,
      repeatable,
    ),
    listRevoked: unary(wire.ListRevokedRequest, args(), wire.ListRevokedResponse, ended, repeatable),
    checkSession: unary(
      wire.CheckSessionRequest,
      args(['session', text]),
      wire.CheckSessionResponse,
      field('alive', flag),
      repeatable,
    ),
    resolveCookie: unary(
      wire.ResolveCookieRequest,
      args(['cookie', roughText]),
      wire.ResolveCookieResponse,
      who,
      repeatable,
    ),
    // The cookie of an answer that was lost is worth nothing, and nobody has it.
    createCookie: unary(
      wire.CreateCookieRequest,
      args(['session', text]),
      wire.CreateCookieResponse,
      cookie,
      repeatable,
    ),
    jwks: unary(wire.JwksRequest, args(), wire.JwksResponse, keySet, repeatable),
  },
);
