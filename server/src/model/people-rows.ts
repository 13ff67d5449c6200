import type { AccountId } from '../kernel/ids.ts';
import type { Profile } from './account.ts';

/** The published rows of the people schema, as SQL returns them and as the bus carries them (topic `parley.people`). */
export interface ProfileRow {
  readonly id: AccountId;
  readonly username: string;
  readonly name: string;
  readonly about: string | null;
  readonly avatar: string | null;
  readonly deleted: boolean;
  /** Absent in a change from before there were versions. */
  readonly version?: number;
}

/** Who blocks whom; a block that was lifted stays with `active` false (MESSAGE-PATH rule 12). */
export interface BlockRow {
  readonly owner_id: AccountId;
  readonly blocked_id: AccountId;
  readonly active: boolean;
}

/** The columns of a ProfileRow, for select lists. */
export const profileColumns = 'id, username, name, about, avatar, deleted, version';

export function toProfile(row: ProfileRow): Profile {
  const { id, username, name, about, avatar, deleted, version = 1 } = row;
  return { id, username, name, about, avatar, version, deleted };
}
