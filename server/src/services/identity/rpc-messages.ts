import * as wire from '@parley/contracts/rpc/identity.v1';
import type { Principal } from '../../kernel/context.ts';
import type { RevocationReason } from '../../model/identity-rows.ts';
import { account } from '../../rpc/wire/model.ts';
import { field, oneOf, optional, real, record, required, roughText, same, text, word } from '../../rpc/wire/shapes.ts';
import type { IdentityApi, NewAccount, Origin, PublicKey, Session, SignedIn, Tokens, Verified } from './api.ts';
import type { Revoked } from './trusted-api.ts';

/** The types of IdentityApi as messages of parley.identity.v1. */

export const tokens = same<Tokens, wire.Tokens>();

export const signedIn = record<SignedIn, wire.SignedIn>({
  account: required(account),
  session: text,
  tokens: required(tokens),
});

export const session = same<Session, wire.Session>();

export const origin = record<Origin, wire.Origin>({
  device: optional(roughText),
  address: optional(roughText),
});

export const newAccount = record<NewAccount, wire.NewAccount>({
  username: optional(text),
  email: optional(text),
  password: optional(text),
  name: optional(text),
  phone: optional(text),
});

export const login = same<Parameters<IdentityApi['signIn']>[1], wire.Login>();

const principal = same<Principal, wire.Principal>();

export const verified = record<Verified, wire.Verified>({ principal: required(principal), expiresAt: real });

const reason = word<RevocationReason, wire.RevocationReason>({
  'signed-out': wire.RevocationReason.REVOCATION_REASON_SIGNED_OUT,
  reuse: wire.RevocationReason.REVOCATION_REASON_REUSE,
  password: wire.RevocationReason.REVOCATION_REASON_PASSWORD,
  suspended: wire.RevocationReason.REVOCATION_REASON_SUSPENDED,
  deleted: wire.RevocationReason.REVOCATION_REASON_DELETED,
  demoted: wire.RevocationReason.REVOCATION_REASON_DEMOTED,
});

export const revoked = record<Revoked, wire.Revoked>({ session: text, reason, at: real });

type CreateResult = Awaited<ReturnType<IdentityApi['createAccounts']>>[number];
type Created = Extract<CreateResult, { readonly account: unknown }>;
type Refused = Exclude<CreateResult, Created>;

const created = record<Created, wire.CreatedAccount>({ account: required(account), tokens: optional(tokens) });

const refused = record<Refused, wire.RefusedAccount>({
  code: word<Refused['code'], wire.AccountRefusal>({
    'account.taken': wire.AccountRefusal.ACCOUNT_REFUSAL_TAKEN,
    'request.invalid': wire.AccountRefusal.ACCOUNT_REFUSAL_INVALID,
  }),
});

export const createResult = field(
  'result',
  oneOf<CreateResult, NonNullable<wire.CreateAccountResult['result']>>(
    (value) => ('code' in value ? 'refused' : 'created'),
    { created, refused },
  ),
);

export const publicKey = same<PublicKey, wire.PublicKey>();
