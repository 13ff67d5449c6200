import {
  accountBatch,
  accountBatchBody,
  deleteAccountBody,
  passwordBody,
  recoverBody,
  resetBody,
  signedIn,
  signUpBody,
  verifyBody,
} from '@parley/contracts';
import { clearSessionCookie } from '../../shared/session-cookie.ts';
import { describeAccount } from './describe.ts';
import { refusals } from './refusals.ts';
import { answers, contextOf, noContent, type RestApp, type RestDeps } from './rest-app.ts';
import { greetSignedIn } from './session-routes.ts';

const tags = ['accounts'];
const open = { public: true } as const;

export function addAccountRoutes(app: RestApp, deps: RestDeps): void {
  addSignUp(app, deps);
  addProofs(app, deps);
  addOwnAccount(app, deps);
}

function addSignUp(app: RestApp, deps: RestDeps): void {
  const { identity } = deps;

  app.post(
    '/accounts',
    {
      compress: false,
      config: open,
      schema: {
        tags,
        summary: 'Sign up',
        body: signUpBody,
        response: answers({ 201: signedIn }, [...refusals.password, ...refusals.name]),
        security: [],
      },
    },
    async (request, reply) => {
      const { device, cookie, ...account } = request.body;
      const ctx = contextOf(request);
      const result = await identity.signUp(ctx, account, { device, address: ctx.address });
      return greetSignedIn(deps, request, reply.code(201), result, cookie);
    },
  );

  // "::" is the router's way to write a colon.
  app.post(
    '/accounts::batch',
    {
      schema: {
        tags,
        summary: 'Create many accounts (administrators)',
        body: accountBatchBody,
        response: answers({ 200: accountBatch }, [...refusals.password, ...refusals.name]),
      },
    },
    async (request) => {
      const { accounts, sessions } = request.body;
      const results = await identity.createAccounts(contextOf(request), accounts, { sessions });
      return {
        items: results.map((result) => {
          if ('code' in result) return { error: { code: result.code } };
          return { account: describeAccount(result.account), tokens: result.tokens };
        }),
      };
    },
  );
}

/** What is proved by a code from an e-mail. */
function addProofs(app: RestApp, { identity }: RestDeps): void {
  app.post(
    '/accounts/verify',
    {
      config: open,
      schema: {
        tags,
        summary: 'Prove the e-mail address',
        body: verifyBody,
        response: answers({ 204: noContent }),
        security: [],
      },
    },
    async (request, reply) => {
      await identity.verifyEmail(contextOf(request), request.body.code);
      return reply.code(204).send();
    },
  );

  app.post(
    '/accounts/recover',
    {
      config: open,
      schema: {
        tags,
        summary: 'Have a recovery code sent by e-mail; the answer never says whether the address is known',
        body: recoverBody,
        response: answers({ 204: noContent }),
        security: [],
      },
    },
    async (request, reply) => {
      await identity.requestRecovery(contextOf(request), request.body.email);
      return reply.code(204).send();
    },
  );

  app.post(
    '/accounts/reset',
    {
      config: open,
      schema: {
        tags,
        summary: 'Set a new password with a code',
        body: resetBody,
        response: answers({ 204: noContent }, refusals.password),
        security: [],
      },
    },
    async (request, reply) => {
      await identity.resetPassword(contextOf(request), request.body);
      return reply.code(204).send();
    },
  );
}

function addOwnAccount(app: RestApp, { identity }: RestDeps): void {
  app.post(
    '/me/password',
    {
      schema: {
        tags,
        summary: 'Change the password; ends all other sessions',
        body: passwordBody,
        response: answers({ 204: noContent }, refusals.password),
      },
    },
    async (request, reply) => {
      await identity.changePassword(contextOf(request), request.body);
      return reply.code(204).send();
    },
  );

  app.delete(
    '/me',
    {
      schema: { tags, summary: 'Delete the account', body: deleteAccountBody, response: answers({ 204: noContent }) },
    },
    async (request, reply) => {
      await identity.deleteAccount(contextOf(request), request.body.password);
      clearSessionCookie(request, reply);
      return reply.code(204).send();
    },
  );
}
