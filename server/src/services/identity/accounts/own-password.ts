import { type Context, type Principal, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { accountLimits } from '../../../model/account.ts';
import { checkText } from '../../../model/content.ts';
import type { Parts } from '../parts.ts';
import { readPassword } from '../store.ts';

/**
 * The principal, once the password it gave has proven right; `hash` is the stored one, to be compared again under the lock.
 * `credentials.wrong`; `rate.limited`: a stolen session must not be a place to guess passwords at.
 */
export async function proveOwnPassword(
  parts: Parts,
  ctx: Context,
  password: string,
): Promise<{ readonly principal: Principal; readonly hash: string }> {
  const principal = requirePrincipal(ctx);
  checkText(password);
  if ([...password].length > accountLimits.passwordMax) throw fail('credentials.wrong');
  parts.limits.own.demand(principal.account);
  const hash = await readPassword(parts.sql, principal.account);
  if (!(await parts.hasher.verify(ctx, password, hash, principal.account)) || hash === null)
    throw fail('credentials.wrong');
  parts.limits.own.giveBack(principal.account);
  return { principal, hash };
}
