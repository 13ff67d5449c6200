import type { Schema } from './bad-values.ts';

/** One operation of `/openapi.json`. */
export interface Route {
  readonly method: string;
  /** As published, with `{placeholders}`. */
  readonly path: string;
  /** Works without a credential. */
  readonly open: boolean;
  readonly parameters: readonly { readonly in: 'path' | 'query'; readonly name: string; readonly schema: Schema }[];
  readonly body: Schema | null;
  /** Takes a multipart form instead of JSON. */
  readonly upload: boolean;
}

interface Operation {
  readonly parameters?: Route['parameters'];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly security?: readonly unknown[];
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every route the server says it has, as it says it now: a route added later is tried without anybody adding it here. */
export async function readRoutes(server: { readonly url: string }): Promise<Route[]> {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => {
      const body = operation.requestBody?.content['application/json']?.schema ?? null;
      return {
        method: method.toUpperCase(),
        path,
        open: operation.security?.length === 0,
        parameters: operation.parameters ?? [],
        body: body && (inline(body, document.components.schemas) as Schema),
        upload: path.endsWith('/attachments') && method === 'post',
      };
    }),
  );
}

/** The frames a client may send, by `op`. */
export async function readClientFrames(server: { readonly url: string }): Promise<Record<string, Schema>> {
  const document = (await (await fetch(`${server.url}/asyncapi.json`)).json()) as {
    components: { messages: Record<string, { name: string; payload: Schema }> };
  };
  const messages = Object.entries(document.components.messages).filter(([key]) => key.startsWith('client-'));
  return Object.fromEntries(messages.map(([, { name, payload }]) => [name, payload]));
}

/** Puts the named schemas in the place of their references. */
function inline(value: unknown, named: Readonly<Record<string, Schema>>): unknown {
  if (Array.isArray(value)) return value.map((item) => inline(item, named));
  if (typeof value !== 'object' || value === null) return value;
  const { $ref } = value as { $ref?: string };
  if ($ref) return inline(named[$ref.split('/').at(-1) as string], named);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inline(item, named)]));
}
