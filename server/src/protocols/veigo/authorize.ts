import type { Context } from '../../kernel/context.ts';
import type { IdentityApi } from '../../services/identity/api.ts';
import { type CredentialSource, findCredential, type Proven, verifyCredential } from '../shared/authenticate.ts';
import { renewContext } from '../shared/caller-context.ts';
import type { OriginRule } from '../shared/same-origin.ts';

const scheme = 'SuperDuperUser';

/** Who sends a request or opens a socket; null: it shows no credential. Throws what is wrong with the one it shows. */
export async function authorize(
  deps: { readonly identity: IdentityApi; readonly origins: OriginRule },
  source: CredentialSource,
  caller: Context,
): Promise<{ readonly ctx: Context; readonly verified: Proven } | null> {
  const credential = findCredential(source, deps.origins, scheme);
  if (!credential) return null;
  const verified = await verifyCredential(deps.identity, caller, credential);
  return { ctx: renewContext(caller, verified.principal), verified };
}

/** Veigo's own words for a header that cannot be read; the word is checked to the letter, the token is not. */
export function isAuthorizationFormat(authorization: string): boolean {
  const [, word] = /^(\S+) +\S+\s*$/.exec(authorization) ?? [];
  return word === scheme || word?.toLowerCase() === 'bearer';
}
