import { readFileSync } from 'node:fs';
import { clientFrames, serverFrames } from '@parley/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type NativeServer, startNativeServer } from '../../../../test-support/native-server.ts';

interface Operation {
  readonly summary: string;
  readonly parameters?: { readonly name: string; readonly in: string }[];
  readonly responses: Record<string, { content?: Record<string, unknown> }>;
  readonly security?: unknown[];
  readonly requestBody?: { content: Record<string, unknown> };
}
interface OpenApi {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

interface AsyncApi {
  readonly asyncapi: string;
  readonly components: { readonly messages: Record<string, { readonly payload: object }> };
}

let server: NativeServer;
let openApi: OpenApi;
beforeAll(async () => {
  server = await startNativeServer();
  openApi = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApi;
});
afterAll(() => server.close());

const operations = () =>
  Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

/** "POST /api/v1/x/{id}" for every route the router has under /api/v1. */
function routes(): string[] {
  const found: string[] = [];
  const stack: string[] = [];
  for (const line of server.app.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^((?:[│ ] {3}| {4})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (!match) continue;
    const [, indent = '', segment = '', methods] = match;
    stack.length = indent.length / 4;
    stack.push(segment);
    for (const method of methods?.split(', ') ?? []) {
      const path = stack
        .join('')
        .replaceAll('::', ':')
        .replace(/(?<=\/):(\w+)/g, '{$1}');
      if (method !== 'HEAD' && path.startsWith('/api/v1')) found.push(`${method} ${path}`);
    }
  }
  return found;
}

describe('/openapi.json', () => {
  test('names every route there is, and no other', () => {
    const listed = operations().map(({ name }) => name);
    expect(listed.length).toBeGreaterThan(40);
    expect(listed.sort()).toEqual(routes().sort());
  });

  test('docs/protocol/rest.md names the same', () => {
    const page = readFileSync(new URL('../../../../../docs/protocol/rest.md', import.meta.url), 'utf8');
    const written = [...page.matchAll(/^\| `([A-Z]+) (\/[^`]*)`/gm)].map(
      ([, method, path]) => `${method} /api/v1${path}`,
    );
    expect(written.sort()).toEqual(routes().sort());
  });

  test('is OpenAPI 3.1 whose references lead somewhere and whose schemas are JSON Schema', () => {
    expect(openApi.openapi).toBe('3.1.0');
    const text = JSON.stringify(openApi);
    for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      expect(openApi.components.schemas).toHaveProperty(name);
    }
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'https://parley.test/openapi', components: openApi.components });
    for (const name of Object.keys(openApi.components.schemas)) {
      expect(ajv.getSchema(`https://parley.test/openapi#/components/schemas/${name}`), name).toBeTypeOf('function');
    }
  });

  test('every operation says what it does, its path parameters and how it fails', () => {
    for (const { name, path, operation } of operations()) {
      expect(operation.summary, name).toBeTruthy();
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      const declared = (operation.parameters ?? []).filter((p) => p.in === 'path').map((p) => p.name);
      expect(declared.sort(), name).toEqual(inPath.sort());
      expect(operation.responses.default?.content, name).toHaveProperty('application/problem+json');
    }
  });

  test('says what is sent and what comes back, files included', () => {
    for (const { name, operation } of operations()) {
      const successes = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
      expect(successes, name).not.toEqual([]);
      for (const status of successes) {
        if (status !== '204') expect(operation.responses[status]?.content, `${name} ${status}`).toBeTruthy();
      }
    }
    const upload = openApi.paths['/api/v1/attachments']?.post?.requestBody?.content;
    expect(upload).toMatchObject({ 'multipart/form-data': { schema: { required: ['file'] } } });
    const bytes = openApi.paths['/api/v1/attachments/{id}']?.get?.responses['200']?.content;
    expect(Object.keys(bytes ?? {})).toEqual(['application/octet-stream', 'text/plain; charset=utf-8', '*/*']);
  });

  test('says which routes need no credential', () => {
    const open = operations().filter(({ operation }) => operation.security?.length === 0);
    expect(open.map(({ name }) => name).sort()).toEqual([
      'GET /api/v1/status',
      'POST /api/v1/accounts',
      'POST /api/v1/accounts/recover',
      'POST /api/v1/accounts/reset',
      'POST /api/v1/accounts/verify',
      'POST /api/v1/sessions',
      'POST /api/v1/sessions/refresh',
    ]);
  });
});

test('every route without open security asks for a credential', async () => {
  for (const { name, path, operation } of operations()) {
    if (operation.security?.length === 0) continue;
    const [method = ''] = name.split(' ');
    const url = server.url + path.replaceAll(/\{\w+\}/g, '0190aaaa-0000-7000-8000-000000000001');
    const answer = await fetch(url, { method });
    const { code } = (await answer.json()) as { code: string };
    expect([name, answer.status, code]).toEqual([name, 401, 'token.missing']);
  }
});

test('/asyncapi.json has every frame of both directions', async () => {
  const document = (await (await fetch(`${server.url}/asyncapi.json`)).json()) as AsyncApi;
  expect(document.asyncapi).toBe('3.0.0');
  expect(Object.keys(document.components.messages).sort()).toEqual(
    [
      ...Object.keys(clientFrames).map((op) => `client-${op}`),
      ...Object.keys(serverFrames).map((op) => `server-${op}`),
    ].sort(),
  );
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const check = ajv.compile(document.components.messages['client-typing']?.payload ?? {});
  const conversation = '0190cccc-0000-7000-8000-000000000003';
  expect(check({ op: 'typing', conversation, on: true })).toBe(true);
  expect(check({ op: 'typing', conversation })).toBe(false);
});

test('/docs and the keys are served', async () => {
  const page = await (await fetch(`${server.url}/docs`)).text();
  const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url as string);
  expect(loaded).toContain('/docs/static/swagger-ui-bundle.js');
  for (const url of loaded) {
    expect(url, 'nothing comes from elsewhere').toMatch(/^\/docs\//);
    expect([url, (await fetch(server.url + url)).status]).toEqual([url, 200]);
  }
  expect(await (await fetch(`${server.url}/docs/static/swagger-initializer.js`)).text()).toContain('SwaggerUIBundle');
  expect(await (await fetch(`${server.url}/.well-known/jwks.json`)).json()).toEqual({ keys: [] });
});
