import { idPath, refreshBody, refreshed, sessionList, signedIn, signInBody } from '@parley/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SessionId } from '../../../kernel/ids.ts';
import type { SignedIn } from '../../../services/identity/api.ts';
import { renewContext } from '../../shared/caller-context.ts';
import { clearSessionCookie, setSessionCookie } from '../../shared/session-cookie.ts';
import { describeAccount } from './describe.ts';
import { answers, contextOf, noContent, principalOf, type RestApp, type RestDeps } from './rest-app.ts';

const tags = ['sessions'];

export function addSessionRoutes(app: RestApp, deps: RestDeps): void {
  const { identity } = deps;

  app.post(
    '/sessions',
    {
      config: { public: true },
      schema: { tags, summary: 'Sign in', body: signInBody, response: answers({ 201: signedIn }), security: [] },
    },
    async (request, reply) => {
      const { login, password, device, cookie } = request.body;
      const ctx = contextOf(request);
      const result = await identity.signIn(ctx, { login, password }, { device, address: ctx.address });
      return greetSignedIn(deps, request, reply.code(201), result, cookie);
    },
  );

  app.post(
    '/sessions/refresh',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'New tokens for a refresh token; using one twice ends its session, but for a repeat with the same key',
        body: refreshBody,
        response: answers({ 200: refreshed }),
        security: [],
      },
    },
    async (request) => ({ tokens: await identity.refresh(contextOf(request), request.body.refresh, request.body.key) }),
  );

  app.get(
    '/sessions',
    { schema: { tags, summary: "The account's sessions", response: answers({ 200: sessionList }) } },
    async (request) => ({ items: await identity.listSessions(contextOf(request)), next: null }),
  );

  app.delete(
    '/sessions/current',
    { schema: { tags, summary: 'Sign out; clears the cookie', response: answers({ 204: noContent }) } },
    async (request, reply) => {
      await identity.revokeSession(contextOf(request), principalOf(request).session);
      clearSessionCookie(request, reply);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/sessions/:id',
    { schema: { tags, summary: 'End a session', params: idPath, response: answers({ 204: noContent }) } },
    async (request, reply) => {
      await identity.revokeSession(contextOf(request), request.params.id as SessionId);
      return reply.code(204).send();
    },
  );
}

/** The answer to sign-up and sign-in, with the cookie when asked for. */
export async function greetSignedIn(
  deps: RestDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  { account, session, tokens }: SignedIn,
  cookie: boolean | undefined,
): Promise<FastifyReply> {
  const principal = { account: account.id, session, username: account.username, admin: account.admin };
  const ctx = renewContext(contextOf(request), principal);
  if (cookie) setSessionCookie(request, reply, await deps.identity.createCookie(ctx, session));
  const profile = (await deps.profiles.read(ctx, [account.id])).get(account.id);
  const described = describeAccount(account, profile?.name);
  return reply.header('cache-control', 'no-store').send({ account: described, tokens, session });
}
