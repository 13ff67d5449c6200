import type { IncomingMessage, ServerResponse } from 'node:http';
import { editBody, problem, sendBody } from '@parley/contracts';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Context, type Principal, requirePrincipal } from '../../../kernel/context.ts';
import { fail } from '../../../kernel/errors.ts';
import { parseJson } from '../../../kernel/parse-json.ts';
import { toProblem } from '../../../runtime/http-problem.ts';
import { findCredential, verifyCredential } from '../../shared/authenticate.ts';
import { readBodyText } from '../../shared/body-text.ts';
import { createCallerContext, renewContext } from '../../shared/caller-context.ts';
import type { RestDeps } from '../native-deps.ts';

export type { RestDeps };

export type RestApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** No credential needed. */
    public?: boolean;
    /** The body is a form with one file, which is read as a stream and not checked against a schema. */
    form?: boolean;
  }
}

interface Known {
  readonly ctx: Context;
  body: string;
}

/** Who asks, and the body as the text it came in: one entry per request, gone with it. */
const known = new WeakMap<IncomingMessage, Known>();

export function contextOf(request: FastifyRequest): Context {
  return (known.get(request.raw) as Known).ctx;
}

/** Behind every route that is not public. */
export function principalOf(request: FastifyRequest): Principal {
  return requirePrincipal(contextOf(request));
}

/** The JSON body's own characters, for what must stay raw (MESSAGE-PATH rule 7). */
export function bodyTextOf(request: FastifyRequest): string {
  return (known.get(request.raw) as Known).body;
}

/** Who asks is settled before the body is read. */
export function addAuthentication(app: RestApp, deps: RestDeps): void {
  app.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    let ctx = createCallerContext(request.ip, request.id);
    if (!config.public) {
      const credential = findCredential({ method: request.method, headers: request.headers }, deps.config);
      if (!credential) throw fail('token.missing');
      const { principal } = await verifyCredential(deps.identity, ctx, credential);
      ctx = renewContext(ctx, principal);
    }
    known.set(request.raw, { ctx, body: '' });
  });
}

/** Bytes of a body where nobody has proven who they are: an account and its passwords fit many times. */
const publicBodyBytes = 16 * 1024;

/** JSON and nothing else, strict UTF-8, its text kept. */
export function addJsonBody(app: RestApp): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.public) route.bodyLimit ??= publicBodyBytes;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (body.length === 0) done(null, undefined);
      else done(null, parseBody(request, body as Buffer));
    } catch (thrown) {
      done(thrown as Error);
    }
  });
}

function parseBody(request: FastifyRequest, body: Buffer): unknown {
  const text = readBodyText(body);
  (known.get(request.raw) as Known).body = text;
  return parseJson(text);
}

/**
 * The answers of a route, for its documentation: what is sent is composed by hand and held against these schemas by the
 * tests, not by every request.
 */
export function answers(
  byStatus: Readonly<Record<number, z.ZodType>>,
  /** Of `refusals.ts`. */
  refused: readonly string[] = [],
): Record<string, z.ZodType<unknown>> {
  const documented: Record<string, z.ZodType<unknown>> = {
    ...byStatus,
    default: describeProblem('What went wrong') as z.ZodType<unknown>,
  };
  if (refused.length === 0) return documented;
  const examples = refused.map((detail) => [detail, { value: { ...toProblem(fail('request.invalid', detail)) } }]);
  const text = 'Does not fit the schema; or what no schema can say, as in the examples';
  return { ...documented, 400: describeProblem(text, Object.fromEntries(examples)) as z.ZodType<unknown> };
}

function describeProblem(description: string, examples?: object): unknown {
  return { description, content: { 'application/problem+json': { schema: problem, ...(examples && { examples }) } } };
}

/** Nothing to say. */
export const noContent: z.ZodType = z.undefined().describe('Done');

/** Bodies with a message's content: that is checked by model/content as raw text, everything else here. */
const withContent = new Set<unknown>([sendBody, editBody]);

export const compileValidator: typeof validatorCompiler = (route) => {
  if (!withContent.has(route.schema)) return validatorCompiler(route);
  return validatorCompiler({
    ...route,
    schema: (route.schema as z.ZodObject).extend({ content: z.unknown().optional() }),
  });
};
