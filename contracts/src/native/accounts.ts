import { z } from 'zod';
import { id, text, time } from './primitives.ts';

const password = text(256).min(8, 'must have 8 characters at least');
const code = z.string().min(1).max(256);
const email = z
  .email('must be an e-mail address')
  .max(254)
  // RFC 5321, section 4.5.3.1.1: what readers of the format "email" hold others to.
  .regex(/^[^@]{1,64}@/, 'has 64 characters at the most before the @')
  .meta({ format: 'email' });
const username = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{3,32}$/, 'must be 3–32 letters, digits, dots, underscores or hyphens');

export const account = z
  .object({
    id,
    kind: z.enum(['person', 'bot']),
    username: z.string(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    phone: z.string().nullable().describe('as given at sign-up; for nobody else, and never proved'),
    name: z.string(),
    createdAt: time,
  })
  .meta({ id: 'Account' });

export const tokens = z
  .object({ access: z.string(), refresh: z.string(), expiresIn: z.int().describe('seconds the access token lives') })
  .meta({ id: 'Tokens' });

export const signUpBody = z.strictObject({
  username,
  email: email.optional(),
  password,
  name: text(100).min(1).optional(),
  phone: text(32)
    .regex(/^[+() ./-]*[0-9][0-9+() ./-]*$/, 'must be digits, spaces and + - ( ) . /')
    .optional(),
  device: text(200).optional(),
  cookie: z.boolean().optional(),
});

/** `login` is an e-mail address or a username. With `cookie` the answer also sets the session cookie. */
export const signInBody = z.strictObject({
  login: z.string().min(1).max(254),
  password: z.string().max(256),
  device: text(200).optional(),
  cookie: z.boolean().optional(),
});

export const signedIn = z.object({ account, tokens, session: id }).meta({ id: 'SignedIn' });

/**
 * `key`: a secret chosen for this refresh. An answer that was lost is given again to the same token with the same key; without
 * one, or with another, a token that comes again ends its session.
 */
export const refreshBody = z.strictObject({
  refresh: z.string().min(1).max(1_024),
  key: z.string().min(16).max(128).optional(),
});
export const refreshed = z.object({ tokens });

/** Bulk creation by administrators; without a password nobody can sign in until one is set by recovery. */
export const accountBatchBody = z.strictObject({
  accounts: z
    .array(
      z.strictObject({
        username,
        email: email.optional(),
        password: password.optional(),
        name: text(100).min(1).optional(),
      }),
    )
    .min(1)
    .max(1_000),
  /** Sign every new account in as well. */
  sessions: z.boolean().optional(),
});

/** In the order asked; tokens where sessions were asked for. */
export const accountBatch = z.object({
  items: z.array(
    z.union([
      z.object({ account, tokens: tokens.optional() }),
      z.object({ error: z.object({ code: z.enum(['account.taken', 'request.invalid']) }) }),
    ]),
  ),
});

export const session = z
  .object({
    id,
    device: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: time,
    lastSeenAt: time,
    current: z.boolean(),
  })
  .meta({ id: 'Session' });

export const sessionList = z.object({ items: z.array(session), next: z.null() });

export const verifyBody = z.strictObject({ code });
export const recoverBody = z.strictObject({ email });
export const resetBody = z.strictObject({ code, password });
export const passwordBody = z.strictObject({ oldPassword: text(256), newPassword: password });
export const deleteAccountBody = z.strictObject({ password: text(256) });

export type Account = z.output<typeof account>;
export type Tokens = z.output<typeof tokens>;
export type SignedIn = z.output<typeof signedIn>;
export type Session = z.output<typeof session>;
export type SignUpBody = z.input<typeof signUpBody>;
export type SignInBody = z.input<typeof signInBody>;
