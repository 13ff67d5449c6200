import * as wire from '@parley/contracts/rpc/people.v1';
import type { RpcService } from '../../rpc/rpc-service.ts';
import { createRpcService, unary } from '../../rpc/wire/methods.ts';
import { accountsByUsername, clearable, profile } from '../../rpc/wire/model.ts';
import {
  args,
  argument,
  field,
  flag,
  list,
  nothing,
  optional,
  record,
  required,
  roughText,
  same,
  text,
  whole,
} from '../../rpc/wire/shapes.ts';
import type { Block, OwnProfile, PeopleApi } from './api.ts';

type Answer<K extends keyof PeopleApi> = Awaited<ReturnType<PeopleApi[K]>>;

const ownProfile = same<OwnProfile, wire.OwnProfile>();

const change = record<Parameters<PeopleApi['updateOwn']>[1], wire.UpdateOwnRequest>({
  name: optional(text),
  about: clearable,
  avatar: clearable,
  settings: optional(text),
});

const search = record<Parameters<PeopleApi['search']>[1], wire.SearchRequest>({
  query: text,
  limit: whole,
  after: optional(text),
});

const found = same<Answer<'search'>, wire.SearchResponse>();

const block = record<Block, wire.Block>({ owner: text, blocked: text });

const profiles = field('profiles', list(profile));
const own = field('profile', required(ownProfile));
const who = args(['user', text], ['on', flag]);
/** Reads, and writes that set what is asked: any number of times is as good as once. */
const repeatable = { idempotent: true };

/** parley.people.v1.PeopleService: PeopleApi over the wire. */
export const peopleRpc: RpcService<PeopleApi> = createRpcService<PeopleApi>(
  'people',
  'parley.people.v1.PeopleService',
  {
    getProfiles: unary(
      wire.GetProfilesRequest,
      args(['ids', list(text)], ['fresh', optional(flag)]),
      wire.GetProfilesResponse,
      profiles,
      repeatable,
    ),
    resolveUsernames: unary(
      wire.ResolveUsernamesRequest,
      args(['usernames', list(roughText)]),
      wire.ResolveUsernamesResponse,
      field('accounts', accountsByUsername),
      repeatable,
    ),
    getOwn: unary(wire.GetOwnRequest, args(), wire.GetOwnResponse, own, repeatable),
    updateOwn: unary(wire.UpdateOwnRequest, argument(change), wire.UpdateOwnResponse, own, repeatable),
    search: unary(wire.SearchRequest, argument(search), wire.SearchResponse, found, repeatable),
    listContacts: unary(wire.ListContactsRequest, args(), wire.ListContactsResponse, profiles, repeatable),
    setContact: unary(wire.SetContactRequest, who, wire.SetContactResponse, nothing, repeatable),
    listBlocks: unary(wire.ListBlocksRequest, args(), wire.ListBlocksResponse, profiles, repeatable),
    setBlock: unary(wire.SetBlockRequest, who, wire.SetBlockResponse, nothing, repeatable),
    blocksAgainst: unary(
      wire.BlocksAgainstRequest,
      args(['users', list(text)]),
      wire.BlocksAgainstResponse,
      field('blocks', list(block)),
      repeatable,
    ),
  },
);
