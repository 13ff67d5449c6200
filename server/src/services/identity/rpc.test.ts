import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import {
  account,
  accountsByUsername,
  flag,
  listOf,
  orAbsent,
  orNull,
  real,
  text,
  whole,
} from '../../../test-support/samples.ts';
import type { AccountId, SessionId } from '../../kernel/ids.ts';
import type { RevocationReason } from '../../model/identity-rows.ts';
import type { NewAccount, Origin, Session, SignedIn, Verified } from './api.ts';
import { identityRpc } from './rpc.ts';
import type { WholeIdentityApi } from './trusted-api.ts';

const none = fc.constant<[]>([]);
const nothing = fc.constant(undefined);
const tokens = fc.record({ access: text(), refresh: text(), expiresIn: whole });
const signedIn = fc.record<SignedIn>({ account, session: text(), tokens });
const origin = fc.record<Origin>({ device: orAbsent(text()), address: orAbsent(text()) });
const newAccount = fc.record<NewAccount>({
  phone: orAbsent(text()),
  username: orAbsent(text()),
  email: orAbsent(text()),
  password: orAbsent(text()),
  name: orAbsent(text()),
});
const session = fc.record<Session>({
  id: text(),
  device: orNull(text()),
  address: orNull(text()),
  createdAt: text(),
  lastSeenAt: text(),
  current: flag,
});
const principal = fc.record({
  account: text<AccountId>(),
  session: text<SessionId>(),
  username: text(),
  admin: flag,
});
const verified = fc.record<Verified>({ principal, expiresAt: real });
const reason = fc.constantFrom<RevocationReason>('signed-out', 'reuse', 'password', 'suspended', 'deleted', 'demoted');
const revoked = fc.record({ session: text<SessionId>(), reason, at: real });
const publicKey = fc.record({ kty: text(), crv: text(), x: text(), y: text(), kid: text(), alg: text(), use: text() });

checkRpc<WholeIdentityApi>(identityRpc, 'parley.identity.v1.IdentityService', {
  signUp: { args: fc.tuple(newAccount, origin), answer: signedIn },
  createAccounts: {
    args: fc.tuple(listOf(newAccount), orAbsent(fc.record({ sessions: orAbsent(flag) }))),
    answer: listOf(
      fc.oneof(
        fc.record({ account, tokens: orAbsent(tokens) }),
        fc.record({ code: fc.constantFrom('account.taken', 'request.invalid') }),
      ),
    ),
  },
  signIn: { args: fc.tuple(fc.record({ login: text(), password: text() }), origin), answer: signedIn },
  refresh: { args: fc.tuple(text(), fc.option(text(), { nil: undefined })), answer: tokens },
  listSessions: { args: none, answer: listOf(session) },
  revokeSession: { args: fc.tuple(text<SessionId>()), answer: nothing },
  requestRecovery: { args: fc.tuple(text()), answer: nothing },
  requestVerification: { args: fc.tuple(text()), answer: nothing },
  resetPassword: { args: fc.tuple(fc.record({ code: text(), password: text() })), answer: nothing },
  verifyEmail: { args: fc.tuple(text()), answer: nothing },
  checkCode: { args: fc.tuple(text()), answer: nothing },
  changePassword: { args: fc.tuple(fc.record({ oldPassword: text(), newPassword: text() })), answer: nothing },
  deleteAccount: { args: fc.tuple(text()), answer: nothing },
  getAccounts: { args: fc.tuple(listOf(text<AccountId>())), answer: listOf(account) },
  resolveUsernames: { args: fc.tuple(listOf(text())), answer: accountsByUsername },
  setSuspended: { args: fc.tuple(text<AccountId>(), flag), answer: nothing },
  verifyAccess: { args: fc.tuple(text()), answer: verified },
  listRevoked: { args: none, answer: fc.record({ keepMs: whole, sessions: listOf(revoked) }) },
  checkSession: { args: fc.tuple(text<SessionId>()), answer: flag },
  resolveCookie: { args: fc.tuple(text()), answer: verified },
  createCookie: { args: fc.tuple(text<SessionId>()), answer: fc.record({ value: text(), maxAgeSeconds: whole }) },
  jwks: { args: none, answer: fc.record({ keys: listOf(publicKey) }) },
});
