import fc from 'fast-check';
import { checkRpc } from '../../../test-support/check-rpc.ts';
import {
  accountsByUsername,
  clearable,
  flag,
  listOf,
  orAbsent,
  orNull,
  profile,
  text,
  whole,
} from '../../../test-support/samples.ts';
import type { AccountId } from '../../kernel/ids.ts';
import type { OwnProfile, PeopleApi } from './api.ts';
import { peopleRpc } from './rpc.ts';

const none = fc.constant<[]>([]);
const nothing = fc.constant(undefined);
const profiles = listOf(profile);
const own = fc.tuple(profile, text()).map(([seen, settings]): OwnProfile => ({ ...seen, settings }));
const who = fc.tuple(text<AccountId>(), flag);

checkRpc<PeopleApi>(peopleRpc, 'parley.people.v1.PeopleService', {
  getProfiles: { args: fc.tuple(listOf(text<AccountId>()), orAbsent(flag)), answer: profiles },
  resolveUsernames: { args: fc.tuple(listOf(text())), answer: accountsByUsername },
  getOwn: { args: none, answer: own },
  updateOwn: {
    args: fc.tuple(
      fc.record({ name: orAbsent(text()), about: clearable, avatar: clearable, settings: orAbsent(text()) }),
    ),
    answer: own,
  },
  search: {
    args: fc.tuple(fc.record({ query: text(), limit: whole, after: orAbsent(text()) })),
    answer: fc.record({ items: profiles, next: orNull(text()) }),
  },
  listContacts: { args: none, answer: profiles },
  setContact: { args: who, answer: nothing },
  listBlocks: { args: none, answer: profiles },
  setBlock: { args: who, answer: nothing },
  blocksAgainst: {
    args: fc.tuple(listOf(text<AccountId>())),
    answer: listOf(fc.record({ owner: text<AccountId>(), blocked: text<AccountId>() })),
  },
});
