import { z } from 'zod';
import { avatar, id, pageMark, pageSize, text, time } from './primitives.ts';

export const presence = z
  .object({ state: z.enum(['online', 'offline']), lastSeen: time.nullable() })
  .meta({ id: 'Presence' });

const shown = {
  id,
  username: z.string(),
  name: z.string(),
  about: z.string().nullable(),
  avatar: z.string().nullable(),
  version: z.int().describe('the higher of two is the newer, whichever came first; 0: nothing is known yet'),
  deleted: z.boolean().describe('the account has ended: a direct conversation with it takes nothing any more'),
};

/** What everybody may see of somebody. */
export const profile = z.object(shown).meta({ id: 'Profile' });

export const user = z.object({ ...shown, presence }).meta({ id: 'User' });

export const userList = z.object({ items: z.array(user), next: z.string().nullable() });

/** Found by the beginning of the username or of any word of the name. */
export const userSearch = z.strictObject({ query: text(200), limit: pageSize, after: pageMark.optional() });

/** A search, or those with these ids as they are now. */
export const usersQuery = z
  .strictObject({
    ...userSearch.partial({ query: true }).shape,
    ids: z
      .string()
      .max(3_800)
      .regex(/^[0-9a-f-]{36}(,[0-9a-f-]{36}){0,99}$/, 'must be 1 to 100 ids with commas between them')
      .optional(),
  })
  .refine(({ query, ids }) => (query === undefined) !== (ids === undefined), 'give query or ids');

/** The caller's own account with its profile. */
export const ownAccount = z
  .object({
    id,
    kind: z.enum(['person', 'bot']),
    username: z.string(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    phone: z.string().nullable(),
    admin: z.boolean(),
    name: z.string(),
    about: z.string().nullable(),
    avatar: z.string().nullable(),
    settings: z.record(z.string(), z.unknown()),
    version: z.int().describe('of the profile: the higher of two is the newer'),
    createdAt: time,
    /** Bytes: what my attachments take, those on their way too, and what they may take. */
    attachments: z.object({ usedBytes: z.number(), quotaBytes: z.number() }),
  })
  .meta({ id: 'OwnAccount' });

/** `settings` replaces the whole object, 16 KiB at the most; `null` clears. */
export const ownProfileBody = z.strictObject({
  name: text(100).min(1).optional(),
  about: text(1_000).nullable().optional(),
  avatar: avatar.nullable().optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});

/** An id, or `@username`. */
export const userName = z
  .string()
  .regex(
    /^(@[A-Za-z0-9_.-]{3,32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/,
    'must be an id or "@username"',
  );

export const userPath = z.strictObject({ id: userName });

export type Presence = z.output<typeof presence>;
export type Profile = z.output<typeof profile>;
export type User = z.output<typeof user>;
export type OwnAccount = z.output<typeof ownAccount>;
export type OwnProfileBody = z.input<typeof ownProfileBody>;
