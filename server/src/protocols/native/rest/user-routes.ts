import { idPath, ownAccount, ownProfileBody, user, userList, userPath, usersQuery } from '@parley/contracts';
import type { FastifyRequest } from 'fastify';
import type { Context } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import type { AccountId } from '../../../kernel/ids.ts';
import { sliceMember } from '../../../model/raw-json.ts';
import { resolveUsers } from '../../shared/resolve-users.ts';
import { describeAccount, describeUsers, json } from './describe.ts';
import { refusals } from './refusals.ts';
import { answers, bodyTextOf, contextOf, noContent, principalOf, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['users'];

export function addUserRoutes(app: RestApp, deps: RestDeps): void {
  addOwnProfile(app, deps);
  addDirectory(app, deps);
  addList(app, deps, 'contact');
  addList(app, deps, 'block');
}

async function encodeOwn({ identity, people, chat }: RestDeps, request: FastifyRequest): Promise<string> {
  const ctx = contextOf(request);
  const { account: id, admin } = principalOf(request);
  const [[account], own, attachments] = await Promise.all([
    identity.getAccounts(ctx, [id]),
    people.getOwn(ctx),
    chat.getAttachmentUsage(ctx),
  ]);
  if (!account) throw fail('account.unknown');
  const { name, about, avatar, version, settings } = own;
  const known = JSON.stringify({ ...describeAccount(account, name), admin, about, avatar, version, attachments });
  return `${known.slice(0, -1)},"settings":${settings}}`;
}

function addOwnProfile(app: RestApp, deps: RestDeps): void {
  const { people } = deps;

  app.get(
    '/me',
    { schema: { tags, summary: 'My account and profile', response: answers({ 200: ownAccount }) } },
    async (request, reply) => reply.type(json).send(await encodeOwn(deps, request)),
  );

  app.patch(
    '/me',
    {
      schema: {
        tags,
        summary: 'Change my profile',
        body: ownProfileBody,
        response: answers({ 200: ownAccount }, [...refusals.name, ...refusals.avatar, ...refusals.settings]),
      },
    },
    async (request, reply) => {
      const { settings, ...profile } = request.body;
      const text = settings && sliceMember(bodyTextOf(request), 'settings');
      await people.updateOwn(contextOf(request), { ...profile, ...(text && { settings: text }) });
      return reply.type(json).send(await encodeOwn(deps, request));
    },
  );
}

function addDirectory(app: RestApp, deps: RestDeps): void {
  const { people } = deps;

  app.get(
    '/users',
    {
      schema: {
        tags,
        summary: 'Find people by the beginning of the username or of any word of the name, or up to 100 by their ids',
        querystring: usersQuery,
        response: answers({ 200: userList }, [...refusals.mark, ...refusals.users]),
      },
    },
    async (request) => {
      const ctx = contextOf(request);
      const { query, ids, ...page } = request.query;
      if (query === undefined) {
        // Asked by who may have missed a change, so not of a cache that may have missed it as well.
        const profiles = await people.getProfiles(ctx, (ids ?? '').split(',') as AccountId[], true);
        return { items: await describeUsers(deps, ctx, profiles), next: null };
      }
      const { items, next } = await people.search(ctx, { query, ...page });
      return { items: await describeUsers(deps, ctx, items), next };
    },
  );

  app.get(
    '/users/:id',
    {
      schema: { tags, summary: 'One profile, by id or @username', params: userPath, response: answers({ 200: user }) },
    },
    async (request) => {
      const ctx = contextOf(request);
      const [id] = await resolveUsers(people, ctx, [request.params.id]);
      const [profile] = await describeUsers(deps, ctx, await people.getProfiles(ctx, id ? [id] : []));
      if (!profile) throw fail('account.unknown');
      return profile;
    },
  );
}

/** Whom I know, or whom I block: the same routes for both. */
function addList(app: RestApp, deps: RestDeps, name: 'contact' | 'block'): void {
  const { people } = deps;
  const list = (ctx: Context) => (name === 'contact' ? people.listContacts(ctx) : people.listBlocks(ctx));
  const set = (ctx: Context, id: AccountId, on: boolean) =>
    name === 'contact' ? people.setContact(ctx, id, on) : people.setBlock(ctx, id, on);

  app.get(
    `/me/${name}s`,
    { schema: { tags, summary: `My ${name}s`, response: answers({ 200: userList }) } },
    async (request) => {
      const ctx = contextOf(request);
      return { items: await describeUsers(deps, ctx, await list(ctx)), next: null };
    },
  );
  for (const [method, on, summary] of [
    ['PUT', true, `Add a ${name}`],
    ['DELETE', false, `Remove a ${name}`],
  ] as const) {
    app.route({
      method,
      url: `/me/${name}s/:id`,
      schema: { tags, summary, params: idPath, response: answers({ 204: noContent }, on ? refusals.oneself : []) },
      handler: async (request, reply) => {
        await set(contextOf(request), request.params.id as AccountId, on);
        return reply.code(204).send();
      },
    });
  }
}
