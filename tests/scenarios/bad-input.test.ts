import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type Bystander,
  badBodies,
  badBytes,
  badPaths,
  badQueries,
  type Case,
  createGroup,
  createPerson,
  describeSample,
  findRefusalProblem,
  goodKnock,
  historyOf,
  type Ids,
  isReady,
  type Knock,
  knock,
  type Person,
  type Route,
  readRoutes,
  request,
  type System,
  sampleCases,
  sendText,
  shareSystem,
  startBystander,
} from '../harness/index.ts';

/**
 * Bad input for every route of /openapi.json. The routes are read from the running server, the bad input is made from their
 * schemas: a new route is tried by itself, and fails here when nobody has said what its ids stand for.
 */
describe('bad input over HTTP', () => {
  let server: System;
  let routes: Route[];
  let attacker: Person;
  let ids: Ids;
  let theirs: Theirs;
  let bystander: Bystander;
  let logged = 0;

  beforeAll(async () => {
    server = await shareSystem();
    routes = await readRoutes(server);
    attacker = await createPerson(server, 'attacker');
    ids = await createOwn(server, attacker);
    theirs = await createTheirs(server);
  });

  beforeEach(async () => {
    logged = server.log().length;
    bystander = await startBystander(server);
  });
  afterEach(async () => {
    expect(await bystander.check()).toEqual([]);
    expect(await isReady(server)).toBe(true);
    expect(server.log().slice(logged), 'nothing may look like our own fault').not.toMatch(/"level":(50|60)/);
  });

  /** Tries what `cases` makes of every route; lists what was not refused as it should be. */
  async function tryAll(cases: (route: Route) => Iterable<Case>): Promise<string[]> {
    const all = routes.flatMap((route) => [...cases(route)].map((one) => ({ route, one })));
    const wrong: string[] = [];
    const workers = Array.from({ length: 6 }, async () => {
      for (let next = all.pop(); next; next = all.pop()) {
        const { route, one } = next;
        const reply = await knock(server, one.knock).catch((error: Error) => error.message);
        const name = `${route.method} ${route.path}: ${one.what}:`;
        if (typeof reply === 'string') wrong.push(`${name} ${reply}`);
        else if (reply.status >= 500) wrong.push(`${name} ${reply.status} ${reply.text}`);
        else if (one.refused || reply.status >= 400) {
          const problem = findRefusalProblem(reply, one.statuses);
          if (problem) wrong.push(`${name} ${problem}`);
        }
      }
    });
    await Promise.all(workers);
    return wrong.slice(0, 20);
  }

  const token = (): string => attacker.access;
  const own = (route: Route): Knock => goodKnock(route, ids, token());

  test('there are routes, and every one has a case', () => {
    expect(routes.length).toBeGreaterThan(40);
    for (const route of routes)
      expect([...badBodies(route, own(route)), ...badPaths(route, own(route))].length).toBeGreaterThan(0);
  });

  test('without a credential, and with a forged one', async () => {
    const [head, payload] = attacker.access.split('.');
    const forged = [
      `${head}.${payload}.${'A'.repeat(86)}`,
      `eyJhbGciOiJub25lIn0.${payload}.`,
      'x',
      'x'.repeat(9_000),
      '\u0001',
    ];
    const wrong = await tryAll((route) =>
      route.open
        ? []
        : [null, ...forged.slice(0, 4)].map((given) => ({
            what: `token ${given?.slice(0, 20)}`,
            knock: { ...own(route), token: given },
            refused: true,
            statuses: [401],
          })),
    );
    expect(wrong).toEqual([]);
  });

  test('fields missing, unknown, of another type, hostile', async () => {
    expect(await tryAll((route) => sampleCases(badBodies(route, own(route)))), describeSample()).toEqual([]);
  });

  test('paths and queries that mean nothing', async () => {
    expect(await tryAll((route) => sampleCases(badPaths(route, own(route)))), describeSample()).toEqual([]);
    expect(await tryAll((route) => sampleCases(badQueries(route, own(route)))), describeSample()).toEqual([]);
  });

  test('bytes that are no JSON, too many of them, or called something else', async () => {
    expect(await tryAll((route) => sampleCases(badBytes(route, own(route)))), describeSample()).toEqual([]);
  });

  test('methods that a path does not have', async () => {
    const wrong = await tryAll((route) => {
      const known = routes.filter(({ path }) => path === route.path).map(({ method }) => method);
      const others = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'].filter(
        (m) => !known.includes(m),
      );
      const { body: _, ...rest } = own(route);
      return others.map((method) => ({
        what: method,
        knock: { ...rest, method },
        refused: true,
        statuses: [400, 401, 404, 405],
      }));
    });
    expect(wrong).toEqual([]);
  });

  test('what belongs to others: their conversation, message, attachment and session', async () => {
    const before = await stateOf(theirs);
    const wrong = await tryAll((route) =>
      Object.keys(theirs.ids).some((prefix) => route.path.startsWith(prefix) && route.path.includes('{'))
        ? [
            {
              what: 'of others',
              knock: goodKnock(route, theirs.ids, token()),
              refused: !isHarmless(route),
              statuses: [403, 404],
            },
          ]
        : [],
    );
    expect(wrong).toEqual([]);
    expect(await stateOf(theirs), 'and their session still works').toEqual(before);
  });

  test('a member may not change the message of another member, nor anybody what does not exist', async () => {
    const path = `/conversations/${theirs.shared}/messages`;
    const inShared = (method: string, at: string, body?: object) =>
      request(server, method, `${path}/${at}`, { token: theirs.member.access, ...(body && { body }) });
    expect((await inShared('PATCH', '1', { content: { type: 'text', text: 'mine now' } })).body.code).toBe(
      'action.forbidden',
    );
    expect((await inShared('DELETE', '1')).body.code).toBe('action.forbidden');
    for (const method of ['GET', 'DELETE']) expect((await inShared(method, '999')).body.code).toBe('message.unknown');
    const unknown = await tryAll((route) => {
      if (!route.path.includes('{')) return [];
      const nobody = Object.fromEntries(Object.keys(ids).map((prefix) => [prefix, randomUUID()]));
      const harmless = isHarmless(route);
      return [
        { what: 'of nobody', knock: goodKnock(route, nobody, token()), refused: !harmless, statuses: [403, 404] },
      ];
    });
    expect(unknown).toEqual([]);
  });

  test('any JSON whatever as a body', async () => {
    const bodies = fc.sample(fc.jsonValue({ maxDepth: 4 }), { numRuns: 40, seed: 20260131 });
    const wrong = await tryAll((route) =>
      route.body
        ? sampleCases(bodies).map((body) => ({
            what: JSON.stringify(body),
            knock: { ...own(route), body: JSON.stringify(body) },
            refused: false,
          }))
        : [],
    );
    expect(wrong).toEqual([]);
  });
});

/** To end what one does not have is no mistake, and the answer tells nothing about others. */
const isHarmless = (route: Route): boolean => route.method === 'DELETE' && /\/(me|sessions)\//.test(route.path);

interface Theirs {
  readonly ids: Ids;
  readonly owner: Person;
  readonly member: Person;
  readonly shared: string;
}

const prefixes = {
  conversation: '/api/v1/conversations/',
  attachment: '/api/v1/attachments/',
  session: '/api/v1/sessions/',
  user: '/api/v1/users/',
  contact: '/api/v1/me/contacts/',
  block: '/api/v1/me/blocks/',
};

async function upload(server: System, person: Person): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob(['secret']), 'secret.txt');
  const answer = await request<{ id: string }>(server, 'POST', '/attachments', { token: person.access, body: form });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

/** A conversation of the attacker's own, so that what is refused is refused for what is wrong with it. */
async function createOwn(server: System, person: Person): Promise<Ids> {
  const { id } = await createGroup(person, []);
  await sendText(person, id, 'mine');
  const other = await createPerson(server, 'other');
  return {
    [prefixes.conversation]: id,
    [prefixes.attachment]: await upload(server, person),
    [prefixes.session]: randomUUID(),
    [prefixes.user]: other.id,
    [prefixes.contact]: other.id,
    [prefixes.block]: other.id,
  };
}

async function createTheirs(server: System): Promise<Theirs> {
  const [owner, member] = [await createPerson(server, 'owner'), await createPerson(server, 'member')];
  const { id } = await createGroup(owner, [member]);
  await sendText(owner, id, 'private');
  const sessions = await owner.must<{ items: { id: string }[] }>('GET', '/sessions');
  return {
    owner,
    member,
    shared: id,
    ids: {
      [prefixes.conversation]: id,
      [prefixes.attachment]: await upload(server, owner),
      [prefixes.session]: sessions.items[0]?.id as string,
    },
  };
}

/** Everything of theirs that an intruder could have changed. */
async function stateOf({ owner, shared }: Theirs): Promise<unknown> {
  const conversation = await owner.must('GET', `/conversations/${shared}`);
  const members = await owner.must<{ items: { user: { id: string }; role: string }[] }>(
    'GET',
    `/conversations/${shared}/members`,
  );
  return [conversation, members.items.map(({ user, role }) => [user.id, role]), await historyOf(owner, shared)];
}
