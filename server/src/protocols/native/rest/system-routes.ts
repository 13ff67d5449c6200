import { status } from '@parley/contracts';
import { createCallerContext } from '../../shared/caller-context.ts';
import { createAsyncApi } from '../socket/asyncapi.ts';
import { json } from './describe.ts';
import { pruneSchemas } from './prune-schemas.ts';
import { answers, type RestApp, type RestDeps } from './rest-app.ts';

/** Under /api/v1. */
export function addStatusRoute(app: RestApp, deps: RestDeps): void {
  app.get(
    '/status',
    {
      config: { public: true },
      schema: {
        tags: ['system'],
        summary: 'Whether the services run',
        response: answers({ 200: status, 503: status }),
        security: [],
      },
    },
    async (_request, reply) => {
      const now = await deps.status();
      return reply
        .code(now.status === 'down' ? 503 : 200)
        .header('cache-control', 'no-store')
        .send(now);
    },
  );
}

/** What machines read about this server, at the root. */
export function addDocuments(app: RestApp, deps: RestDeps, version: string): void {
  const asyncApi = JSON.stringify(createAsyncApi(version));
  const hidden = { schema: { hide: true } };
  let openApi: string | undefined;
  app.get('/openapi.json', hidden, async (_request, reply) => {
    openApi ??= JSON.stringify(pruneSchemas({ ...app.swagger() }));
    return reply.type(json).send(openApi);
  });
  app.get('/asyncapi.json', hidden, async (_request, reply) => reply.type(json).send(asyncApi));
  app.get('/.well-known/jwks.json', hidden, async (request, reply) => {
    const keys = await deps.identity.jwks(createCallerContext(request.ip, request.id));
    return reply.header('cache-control', 'public, max-age=300').send(keys);
  });
}
