import DataLoader from 'dataloader';
import type { Context } from '../../../kernel/context.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import type { Profile } from '../../../model/account.ts';
import { neverSeen, type Presence } from '../../../model/presence.ts';
import { profileOf } from '../../shared/profile-reader.ts';
import type { OperationServices } from './context.ts';

/** One call of a service for all that one operation asks of it at once, however deep in lists it asks. */
export interface Loaders {
  readonly profiles: DataLoader<AccountId, Profile>;
  readonly presence: DataLoader<AccountId, Presence>;
}

export function createLoaders(services: Pick<OperationServices, 'profiles' | 'presence'>, ctx: Context): Loaders {
  return {
    profiles: new DataLoader(async (ids) => {
      const found = await services.profiles.read(ctx, ids);
      return ids.map((id) => profileOf(found, id));
    }),
    presence: new DataLoader(async (ids) => {
      const found = await services.presence.presenceOf(ids);
      return ids.map((id) => found.get(id) ?? neverSeen);
    }),
  };
}
