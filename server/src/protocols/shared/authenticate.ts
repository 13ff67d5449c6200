import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { IdentityApi, Verified } from '../../services/identity/api.ts';
import { isSameOrigin, type OriginRule } from './same-origin.ts';

export const sessionCookie = 'parley_session';

/** What a request shows to prove who sends it; not yet verified. */
export interface Credential {
  readonly kind: 'bearer' | 'query' | 'cookie';
  readonly value: string;
}

export interface CredentialSource {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** Sockets only: the raw URL whose `token` parameter counts, because browsers can set no header there. */
  readonly url?: string | undefined;
}

/**
 * The explicit credential before the ambient one: `Authorization: Bearer`, then `?token=` (sockets), then the session cookie.
 * A cookie from another site's page is refused with `action.forbidden` where it could change something or open a socket.
 */
export function findCredential(
  source: CredentialSource,
  rule: OriginRule,
  /** A protocol's own word for `Bearer`, which it may also put before a `token` in the URL. */
  scheme = 'Bearer',
): Credential | null {
  const { authorization } = source.headers;
  if (authorization !== undefined) {
    const bearer = afterScheme(authorization, scheme);
    if (!bearer) throw fail('token.invalid', `Authorization must read "${scheme} <access token>".`);
    return { kind: 'bearer', value: bearer };
  }
  const token = source.url === undefined ? null : queryToken(source.url);
  if (token) return { kind: 'query', value: afterScheme(token, scheme) ?? token };
  const cookie = readCookie(source.headers.cookie, sessionCookie);
  if (!cookie) return null;
  const changes = source.url !== undefined || !(source.method === 'GET' || source.method === 'HEAD');
  if (changes && !isSameOrigin(source.headers, rule)) {
    const { origin = '(none)', host = '(none)' } = source.headers;
    rule.onRefused?.({ origin, host });
    throw fail(
      'action.forbidden',
      'With the session cookie the Origin must be our own: this request came from elsewhere. ' +
        'Whoever runs this server says with --public-url or --allowed-origins where else its pages are.',
    );
  }
  return { kind: 'cookie', value: cookie };
}

/** Who has proven who they are, and for how long a socket may stay open for it. */
export interface Proven extends Verified {
  /** The credential is the session's own: a socket lives as long as the session, and is checked again at `expiresAt`. */
  readonly lasting: boolean;
}

/** `token.…`, `session.revoked`, `account.suspended`. */
export async function verifyCredential(
  identity: IdentityApi,
  ctx: Context,
  { kind, value }: Credential,
): Promise<Proven> {
  return kind === 'cookie'
    ? { ...(await identity.resolveCookie(ctx, value)), lasting: true }
    : { ...(await identity.verifyAccess(ctx, value)), lasting: false };
}

function afterScheme(text: string, scheme: string): string | null {
  const [, word, token] = /^(\S+) +(\S+)\s*$/.exec(text) ?? [];
  const known = word !== undefined && (word === scheme || word.toLowerCase() === 'bearer');
  return known ? (token as string) : null;
}

function queryToken(url: string): string | null {
  const at = url.indexOf('?');
  return at < 0 ? null : new URLSearchParams(url.slice(at + 1)).get('token');
}

/** The value of one cookie of a `Cookie` header; null when it is not there. */
export function readCookie(header: string | undefined, name: string): string | null {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim() || null;
  }
  return null;
}
