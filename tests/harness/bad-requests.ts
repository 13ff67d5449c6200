import { randomUUID } from 'node:crypto';
import { badObjects, sampleOf } from './bad-values.ts';
import type { Knock } from './knock.ts';
import type { Route } from './open-documents.ts';

/** By the path before the first placeholder: what the id stands for. */
export type Ids = Readonly<Record<string, string>>;

/** One bad request. */
export interface Case {
  readonly what: string;
  readonly knock: Knock;
  readonly refused: boolean;
  /** Where more is known than "in the 400s". */
  readonly statuses?: readonly number[];
}

/** A request in which nothing is wrong but, perhaps, whom it is about. */
export function goodKnock(route: Route, ids: Ids, token: string): Knock {
  const body = route.upload ? 'no form' : route.body ? JSON.stringify(sampleOf(route.body)) : undefined;
  const needed = route.parameters.filter((p) => p.in === 'query' && (p as { required?: boolean }).required);
  const query = new URLSearchParams(
    needed.map(({ name, schema }) => [name, String(sampleOf(schema))] as [string, string]),
  );
  return {
    method: route.method,
    path: withQuery(fill(route, ids), query.toString()),
    token,
    ...(body !== undefined && { body }),
  };
}

function fill(route: Route, ids: Ids): string {
  const prefix = Object.keys(ids).find((known) => route.path.startsWith(`${known}{id}`));
  if (route.path.includes('{') && !prefix) throw new Error(`what does the id in ${route.path} stand for?`);
  const values: Record<string, string> = {
    id: prefix ? (ids[prefix] as string) : '',
    userId: randomUUID(),
    seq: '1',
    emoji: '%F0%9F%91%8D',
  };
  return route.path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    if (!values[name]) throw new Error(`what does {${name}} in ${route.path} stand for?`);
    return values[name];
  });
}

const withQuery = (path: string, query: string): string => (query ? `${path}?${query}` : path);

export function* badBodies(route: Route, good: Knock): Generator<Case> {
  if (route.upload) {
    yield { what: 'no form', knock: { ...good, body: '{}' }, refused: true, statuses: [400, 415] };
    for (const body of [
      '',
      '--x',
      '--x--\r\n',
      '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nv\r\n--x--\r\n',
      '--x\r\n\r\n\r\n--x',
      '--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nhalf of a file',
      `--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n${'x'.repeat(300_000)}`,
      `--x\r\n${'a'.repeat(200_000)}`,
      '--x\r\nContent-Disposition: nonsense; filename=\r\n\r\nv\r\n--x--\r\n',
    ]) {
      const type = 'multipart/form-data; boundary=x';
      yield { what: `form ${JSON.stringify(body)}`, knock: { ...good, body, type }, refused: true, statuses: [400] };
    }
    yield {
      what: 'no boundary',
      knock: { ...good, body: '--x', type: 'multipart/form-data' },
      refused: true,
      statuses: [400, 415],
    };
  }
  if (!route.body) return;
  const sample = JSON.parse(good.body as string);
  for (const { what, text, refused } of badObjects(route.body, sample)) {
    yield { what, knock: { ...good, body: text }, refused };
  }
  for (const value of [null, true, 1, '"', [], [sample], 'text']) {
    yield {
      what: `the body ${JSON.stringify(value)}`,
      knock: { ...good, body: JSON.stringify(value) },
      refused: true,
      statuses: [400],
    };
  }
}

export function* badPaths(route: Route, good: Knock): Generator<Case> {
  const [path, query = ''] = good.path.split('?') as [string, string?];
  const parts = path.split('/');
  const template = route.path.split('/');
  for (const [at, part] of template.entries()) {
    if (!part.startsWith('{')) continue;
    const numeric = part === '{seq}';
    const values = ['%00', '%ff', '%ED%A0%80', 'a'.repeat(10_000), '..%2f..%2fme', "'%20or%201=1", '%E2%80%A8'];
    if (part !== '{emoji}') values.push('x', '00000000-0000-0000-0000-00000000000G', '-1', '0', '1.5', '1e99', 'null');
    if (numeric) values.push('9007199254740993', '99999999999999999999');
    for (const value of values) {
      const tried = parts.with(at, value).join('/');
      yield {
        what: `${part} = ${value.slice(0, 40)}`,
        knock: { ...good, path: withQuery(tried, query) },
        refused: numeric || value.length > 20,
      };
    }
  }
  yield {
    what: 'a tail',
    knock: { ...good, path: withQuery(`${path}/x/y/z`, query) },
    refused: true,
    statuses: [400, 401, 404],
  };
  yield { what: 'a bad escape', knock: { ...good, path: withQuery(`${path}%`, query) }, refused: true };
}

export function* badQueries(route: Route, good: Knock): Generator<Case> {
  const [path, query = ''] = good.path.split('?') as [string, string?];
  const params = route.parameters.filter((parameter) => parameter.in === 'query');
  for (const { name, schema, ...rest } of params) {
    const others = query.split('&').filter((pair) => pair && !pair.startsWith(`${name}=`));
    const asked = (value: string) => withQuery(path, [...others, `${name}=${value}`].join('&'));
    const integer = schema.type === 'integer' || schema.type === 'number';
    const values = integer ? ['x', '-1', '1.5', '1e99', 'NaN', '', '%00', '[1]', '99999999999999999999'] : [];
    for (const value of values) {
      const maybe = value === ''; // some take nothing for "not given"
      yield { what: `${name}=${value}`, knock: { ...good, path: asked(value) }, refused: !maybe };
    }
    for (const value of ['%00', '%ED%A0%80', '%ff', 'x'.repeat(8_000), "';--", '%25', '%5C_%25']) {
      yield { what: `${name}=${value.slice(0, 20)}`, knock: { ...good, path: asked(value) }, refused: integer };
    }
    yield {
      what: `${name} twice`,
      knock: { ...good, path: `${asked('1')}&${name}=2` },
      refused: true,
      statuses: [400],
    };
    if ((rest as { required?: boolean }).required) {
      yield {
        what: `no ${name}`,
        knock: { ...good, path: withQuery(path, others.join('&')) },
        refused: true,
        statuses: [400],
      };
    }
  }
  if (params.length > 0) {
    const surprise = withQuery(path, [query, 'surprise=1'].filter(Boolean).join('&'));
    yield { what: 'an unknown parameter', knock: { ...good, path: surprise }, refused: true, statuses: [400] };
  }
}

export function* badBytes(route: Route, good: Knock): Generator<Case> {
  if (!route.body) return;
  const text = good.body as string;
  const broken: Record<string, string | Buffer> = {
    'half of it': text.slice(0, -1),
    'no JSON': 'not json',
    'a trailing comma': `${text.slice(0, -1)},}`,
    'two values': `${text}${text}`,
    'a comment': `/**/${text}`,
    'a BOM': `\ufeff${text}`,
    NaN: text.replace(/:[^,}]+/, ':NaN'),
    'bytes that are no UTF-8': Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xc3, 0x28, 0x7d])]),
    'half a surrogate in bytes': Buffer.concat([
      Buffer.from('{"'),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from('":1}'),
    ]),
    'UTF-16': Buffer.from(text, 'utf16le'),
    nothing: '',
    'arrays 100000 deep': '['.repeat(100_000) + ']'.repeat(100_000),
    'an unclosed abyss': '['.repeat(100_000),
    'objects without end': '{"a":'.repeat(100_000),
  };
  // Of somebody unknown no more than 16 KiB are read.
  for (const [what, body] of Object.entries(broken))
    yield {
      what,
      knock: { ...good, body },
      refused: true,
      statuses: route.open && body.length > 16_384 ? [413] : [400],
    };
  const huge = `{"a":"${'x'.repeat(3 * 1024 * 1024)}"}`;
  yield { what: 'a huge body', knock: { ...good, body: huge }, refused: true, statuses: [413] };
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
    null,
  ]) {
    yield { what: `content type ${type}`, knock: { ...good, type }, refused: true, statuses: [400, 415] };
  }
}
