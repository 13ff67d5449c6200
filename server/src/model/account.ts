import type { AccountId } from '../kernel/ids.ts';

export type AccountKind = 'person' | 'bot';

export interface Account {
  readonly id: AccountId;
  readonly kind: AccountKind;
  readonly username: string;
  /** Given at sign-up; what others see from then on is people's profile. */
  readonly name: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  /** For the account itself; never proved. */
  readonly phone: string | null;
  readonly admin: boolean;
  readonly suspended: boolean;
  readonly createdAt: string;
}

/** What everybody may see of somebody. */
export interface Profile {
  readonly id: AccountId;
  readonly username: string;
  readonly name: string;
  readonly about: string | null;
  /** Attachment id or URL. */
  readonly avatar: string | null;
  /** Rises with every change of it: the higher of two is the newer. 0: made up while the profile is not known. */
  readonly version: number;
  /** The account has ended: there is nobody to write to. */
  readonly deleted: boolean;
}

/** What stands for a profile that is not known: it follows its account a moment later. */
export function unknownProfile(id: AccountId): Profile {
  return { id, username: '', name: '', about: null, avatar: null, version: 0, deleted: false };
}

/** Bytes that a profile takes in memory beyond those of a small object, at two a character, for caches that are bounded by bytes. */
export function profileBytes({ username, name, about, avatar }: Profile): number {
  return 250 + 2 * (username.length + name.length + (about?.length ?? 0) + (avatar?.length ?? 0));
}

export const accountLimits = {
  passwordMin: 8,
  passwordMax: 256,
  name: 100,
  about: 1_000,
  email: 254,
  phone: 32,
} as const;

/** 3–32 of a–z, 0–9, dot, underscore, hyphen; compared without case. */
export function isUsername(text: string): boolean {
  return /^[a-z0-9_.-]{3,32}$/.test(text);
}
