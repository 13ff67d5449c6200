import { type Context, requirePrincipal } from '../../kernel/context.ts';
import { fail } from '../../kernel/errors.ts';
import type { AccountId } from '../../kernel/ids.ts';
import { describeProfile, type VeigoProfile } from './objects.ts';
import { given, type Maybe, parseId, parseText } from './parse.ts';
import type { VeigoDeps } from './veigo-deps.ts';

/** Profiles in Veigo's words. An account always has one: creating it gives it its words, deleting it takes them back. */
export interface ProfileArgs {
  /** An attachment's id or an http(s) URL. */
  readonly photoPath?: Maybe;
  readonly name?: Maybe;
  readonly about?: Maybe;
}

export async function createProfile({ people }: VeigoDeps, ctx: Context, args: ProfileArgs): Promise<VeigoProfile> {
  const name = parseText('name', args.name);
  const about = given(args.about) ?? null;
  return describeProfile(await people.updateOwn(ctx, { name, about, avatar: given(args.photoPath) ?? null }));
}

/** `account.unknown`. */
export async function readProfile(
  { people }: VeigoDeps,
  ctx: Context,
  args: { readonly id?: Maybe },
): Promise<VeigoProfile> {
  const { account } = requirePrincipal(ctx);
  const id = parseId<AccountId>('id', args.id);
  // One's own may be asked for before anybody else can see it.
  const [profile] = id === account ? [await people.getOwn(ctx)] : await people.getProfiles(ctx, [id]);
  if (!profile) throw fail('account.unknown');
  return describeProfile(profile);
}

/** One's own only: `action.forbidden`. What is not given stays. */
export async function updateProfile(
  { people }: VeigoDeps,
  ctx: Context,
  args: ProfileArgs & { readonly id?: Maybe },
): Promise<VeigoProfile> {
  requireOwn(ctx, args.id);
  const change = { name: given(args.name), about: given(args.about), avatar: given(args.photoPath) };
  return describeProfile(await people.updateOwn(ctx, change));
}

/**
 * One's own only: `action.forbidden`. The profile as it was. DEPARTS: the reference deletes the row, and what the account says after that
 * is nobody's; here the account stays, and goes by its username.
 */
export async function deleteProfile(
  { people }: VeigoDeps,
  ctx: Context,
  args: { readonly id?: Maybe },
): Promise<VeigoProfile> {
  requireOwn(ctx, args.id);
  const before = await people.getOwn(ctx);
  await people.updateOwn(ctx, { name: before.username, about: null, avatar: null });
  return describeProfile(before);
}

function requireOwn(ctx: Context, id: Maybe): void {
  const { account } = requirePrincipal(ctx);
  if (parseId('id', id) !== account) throw fail('action.forbidden');
}
