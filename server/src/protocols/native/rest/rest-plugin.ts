import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { addAccountRoutes } from './account-routes.ts';
import { addAttachmentRoutes } from './attachment-routes.ts';
import { addConversationRoutes } from './conversation-routes.ts';
import { addMemberRoutes } from './member-routes.ts';
import { addMessageRoutes } from './message-routes.ts';
import { addAuthentication, addJsonBody, compileValidator, type RestDeps } from './rest-app.ts';
import { addSearchRoutes } from './search-routes.ts';
import { addSessionRoutes } from './session-routes.ts';
import { addDocuments, addStatusRoute } from './system-routes.ts';
import { addUserRoutes } from './user-routes.ts';

const description =
  'Lists are {items, next}: ask for more with "after". Failures are application/problem+json with a code of the closed table. ' +
  'Live changes come over the WebSocket at /realtime, described at /asyncapi.json.';

const form = {
  type: 'object',
  required: ['file'],
  properties: { file: { type: 'string', contentMediaType: 'application/octet-stream' } },
};

/** A form has no schema that requests are checked with, but the documents say what it holds. */
const describeRoute: typeof jsonSchemaTransform = (input) => {
  const described = jsonSchemaTransform(input);
  addExamples(described.schema, input.schema);
  if (!input.route.config?.form) return described;
  return { ...described, schema: { ...described.schema, consumes: ['multipart/form-data'], body: form } };
};

interface WithAnswers {
  readonly response?: Readonly<Record<string, { content?: Record<string, { examples?: object }> }>>;
}

/** The library takes an answer's schemas and leaves out its examples. */
function addExamples(described: unknown, given: unknown): void {
  const { response: answers = {} } = described as WithAnswers;
  for (const [status, { content = {} }] of Object.entries((given as WithAnswers | undefined)?.response ?? {})) {
    for (const [type, { examples }] of Object.entries(content)) {
      const known = answers[status]?.content?.[type];
      if (known && examples) known.examples = examples;
    }
  }
}

/** The readable pages load nothing from elsewhere; their viewer sets styles on elements. */
const docsPolicy = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'";

/** `/api/v1` and the documents about it. A plugin of its own, so that its parsers and hooks touch no other protocol. */
export async function addRest(parent: FastifyInstance, deps: RestDeps, version: string): Promise<void> {
  await parent.register(async (scope) => {
    const app = scope.withTypeProvider<ZodTypeProvider>();
    app.setValidatorCompiler(compileValidator);
    app.setSerializerCompiler(() => JSON.stringify);
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Parley', version, description },
        components: {
          securitySchemes: {
            bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
            cookie: { type: 'apiKey', in: 'cookie', name: 'parley_session' },
          },
        },
        security: [{ bearer: [] }, { cookie: [] }],
      },
      transform: describeRoute,
      transformObject: jsonSchemaTransformObject,
    });
    await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true, transformStaticCSP: () => docsPolicy });
    addDocuments(app, deps, version);
    await app.register(
      async (inner) => {
        const api = inner.withTypeProvider<ZodTypeProvider>();
        addJsonBody(api);
        addAuthentication(api, deps);
        addStatusRoute(api, deps);
        addAccountRoutes(api, deps);
        addSessionRoutes(api, deps);
        addUserRoutes(api, deps);
        addConversationRoutes(api, deps);
        addMemberRoutes(api, deps);
        addMessageRoutes(api, deps);
        addSearchRoutes(api, deps);
        await addAttachmentRoutes(api, deps);
      },
      { prefix: '/api/v1' },
    );
  });
}
