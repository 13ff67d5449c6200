import type { Context } from '../../kernel/context.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { Profile } from '../../model/account.ts';

export interface OwnProfile extends Profile {
  /** Free JSON object of the user's clients, as text; at most 16 KiB. */
  readonly settings: string;
}

/** `owner` has blocked `blocked`. */
export interface Block {
  readonly owner: AccountId;
  readonly blocked: AccountId;
}

/** Profiles, contacts, blocks. Built from identity's changes: a profile may appear a moment after its account. */
export interface PeopleApi {
  /**
   * In the order asked; unknown ids are left out, deleted accounts read "Deleted account". Served from a bounded cache, which may be a
   * moment behind what others were told already; `fresh`: from the database.
   */
  getProfiles(ctx: Context, ids: readonly AccountId[], fresh?: boolean): Promise<readonly Profile[]>;
  /** By username, without case; unknown ones are left out. */
  resolveUsernames(ctx: Context, usernames: readonly string[]): Promise<ReadonlyMap<string, AccountId>>;
  getOwn(ctx: Context): Promise<OwnProfile>;
  updateOwn(
    ctx: Context,
    change: {
      readonly name?: string | undefined;
      readonly about?: string | null | undefined;
      readonly avatar?: string | null | undefined;
      readonly settings?: string | undefined;
    },
  ): Promise<OwnProfile>;
  /** By beginning of username or any word of the name; blocked and blocking people are left out. */
  search(
    ctx: Context,
    search: { readonly query: string; readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ readonly items: readonly Profile[]; readonly next: string | null }>;
  listContacts(ctx: Context): Promise<readonly Profile[]>;
  /** `account.unknown`. */
  setContact(ctx: Context, user: AccountId, on: boolean): Promise<void>;
  listBlocks(ctx: Context): Promise<readonly Profile[]>;
  /** Neither can begin or continue a direct conversation with the other while it lasts. `account.unknown`. */
  setBlock(ctx: Context, user: AccountId, on: boolean): Promise<void>;
  /** Trusted. Every block against these users: whose presence and typing they are not told. */
  blocksAgainst(ctx: Context, users: readonly AccountId[]): Promise<readonly Block[]>;
}
