import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPerson, freePort, historyOf, startServer, type TestServer, textOf, until } from '../../harness/index.ts';

/** A foreign client: the protos as text, fields in camelCase, nothing of ours besides. */
const protos = fileURLToPath(new URL('../../../contracts/public/proto', import.meta.url));
const files = ['authentication', 'profile', 'room', 'member_room', 'message', 'health_check'];
const packages = loadPackageDefinition(
  loadSync(
    files.map((name) => `veigo/${name}.proto`),
    { includeDirs: [protos] },
  ),
) as unknown as Record<string, Record<string, new (address: string, creds: unknown) => Client>>;

type Text = 'id' | 'clientId' | 'memberId' | 'roomId' | 'senderId' | 'content' | 'name' | 'about' | 'type' | 'email';
type Secret = 'access' | 'refresh' | 'cursor' | 'createdAt';
/** The fields of all answers; which of them one has is for the test to know. */
interface Answer extends Readonly<Record<Text | Secret, string>> {
  readonly hasMore: boolean;
  readonly account: Answer;
  readonly token: Answer;
  readonly information: Answer;
  readonly metadata: Answer;
  readonly members: readonly Answer[];
  readonly records: readonly Answer[];
}

type Refusal = { readonly name: string; readonly message: string; readonly cause?: unknown };

const strong = 'Str0ng!pass';
const stranger = '01900000-0000-7000-8000-000000000000';

describe('Veigo over gRPC', () => {
  let server: TestServer;
  let ports: { readonly public: number; readonly authentication: number; readonly chat: number };
  const clients: Client[] = [];
  let serial = 0;

  beforeAll(async () => {
    ports = { public: await freePort(), authentication: await freePort(), chat: await freePort() };
    const listen = `${ports.authentication}=grpc:veigo ${ports.chat}=grpc:veigo`;
    server = await startServer({ flags: { 'grpc-port': String(ports.public), listen } });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await server?.stop();
  });

  const connect = (service: string, port: number): Client => {
    const [name, type] = service.split('.') as [string, string];
    const client = new packages[name]![type]!(`127.0.0.1:${port}`, credentials.createInsecure());
    clients.push(client);
    return client;
  };

  const open = new Map<string, Client>();
  /** `message.Message/Create`; rejects with gRPC's error. */
  function call(method: string, request: object, keys: Record<string, string> = {}): Promise<Answer> {
    const [service, name] = method.split('/') as [string, string];
    const port = service.startsWith('authentication') ? ports.authentication : ports.chat;
    const client = open.get(service) ?? connect(service, port);
    open.set(service, client);
    const metadata = new Metadata();
    for (const [key, value] of Object.entries(keys)) metadata.set(key, value);
    const run = (client as unknown as Record<string, (...args: unknown[]) => void>)[name]!.bind(client);
    return new Promise((resolve, reject) => {
      run(request, metadata, { deadline: Date.now() + 60_000 }, (error: Error | null, answer: Answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  }

  /** What a refused call says: always UNKNOWN, with JSON. */
  async function refusal(method: string, request: object, keys?: Record<string, string>): Promise<Refusal> {
    const error = await call(method, request, keys).then(
      () => Promise.reject(new Error(`${method} was not refused`)),
      (thrown) => thrown,
    );
    expect(error.code, error.message).toBe(status.UNKNOWN);
    return JSON.parse(error.details);
  }

  async function enter(clientId = 'phone') {
    const email = `ann${++serial}@example.org`;
    const signedUp = await call('authentication.Authentication/SignUp', {
      email,
      password: strong,
      clientId,
      phone: '1',
    });
    const keys = { token: signedUp.token.access };
    const as = (method: string, request: object = {}): Promise<Answer> => call(method, request, keys);
    const refused = (method: string, request: object = {}): Promise<Refusal> => refusal(method, request, keys);
    return { email, id: signedUp.account.id as string, signedUp, keys, as, refused };
  }

  const codeFor = (email: string, subject: RegExp): Promise<string> =>
    until(`a mail to ${email}`, async () => {
      const folder = path.join(server.data, 'mail');
      const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.eml')).sort();
      const mails = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
      const mail = mails.findLast((text) => text.includes(`To: ${email}`) && subject.test(text));
      return mail && /^[\w-]{6,}$/m.exec(mail.split('\r\n\r\n').slice(1).join('\n').replaceAll('\r', ''))?.[0];
    });

  const asBytes = (bytes: Buffer): Buffer => bytes;

  /** A call without knowing a proto. */
  function raw(port: number, method: string, request: Buffer): Promise<Buffer> {
    const client = connect('room.Room', port);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(method, asBytes, asBytes, request, (error, answer) =>
        error ? reject(error) : resolve(answer as Buffer),
      );
    });
  }

  /** What reflection answers to `list_services`. */
  function reflect(port: number): Promise<Buffer> {
    const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    const stream = connect('room.Room', port).makeBidiStreamRequest(path, asBytes, asBytes);
    return new Promise((resolve, reject) => {
      stream.once('data', resolve);
      stream.once('error', reject);
      stream.write(Buffer.from([0x3a, 0]));
      stream.end();
    });
  }

  const badToken = { name: 'Error', message: 'Invalid token' };
  const unauthorized = { name: 'Error', message: 'Unauthorized action' };

  test('an account enters, proves its address, and refreshes its tokens', async () => {
    const ann = await enter();
    expect(ann.signedUp.account).toMatchObject({ email: ann.email });
    expect(ann.signedUp.account).not.toHaveProperty('isEmailVerified'); // false and what is empty do not travel
    expect(ann.signedUp.account.createdAt).toMatch(/^\d{4}-.*Z$/);
    const { email } = ann;
    const again = { email, password: strong, clientId: 'phone' };
    expect(await refusal('authentication.Authentication/SignUp', again)).toEqual({
      name: 'Data Integrity Error',
      message: 'The data you are trying to add already exists.',
    });
    const first = await codeFor(email, /Confirm/);
    await call('authentication.Authentication/ValidateOTP', { email, otp: first });
    await call('authentication.Authentication/SendEmailVerification', { email });
    const otp = await until('another code', async () => {
      const code = await codeFor(email, /Confirm/);
      return code !== first && code;
    });
    await call('authentication.Authentication/VerifyEmail', { email, otp });
    expect(await refusal('authentication.Authentication/ValidateOTP', { email, otp })).toEqual(badToken);
    const entered = await call('authentication.Authentication/SignIn', { ...again, clientId: 'laptop' });
    expect(entered.account).toMatchObject({ id: ann.id, isEmailVerified: true });
    const fresh = await call('authentication.Authentication/RefreshToken', { token: entered.token.refresh });
    await call('authentication.Authentication/ValidateAccessToken', { token: fresh.access });
    expect(await refusal('authentication.Authentication/ValidateAccessToken', { token: 'forged' })).toEqual(badToken);
    expect(await refusal('authentication.Authentication/SignIn', { ...again, password: 'wrong' })).toEqual({
      name: 'Error',
      message: 'Invalid email or password',
    });
  });

  test('devices are listed page by page, and one is signed out at once', async () => {
    const ann = await enter('phone');
    const login = { email: ann.email, password: strong };
    const laptop = await call('authentication.Authentication/SignIn', { ...login, clientId: 'laptop' });
    const one = await ann.as('authentication.Authentication/ListDevices', { size: 1 });
    expect(one.metadata.hasMore).toBe(true);
    const two = await ann.as('authentication.Authentication/ListDevices', { size: 1, cursor: one.metadata.cursor });
    const names = [...one.records, ...two.records].map(({ clientId }) => clientId);
    expect(names.sort()).toEqual(['laptop', 'phone']);
    expect(two.metadata.hasMore).toBeFalsy();
    await ann.as('authentication.Authentication/SignOut', { clientId: 'laptop' });
    const revoked = { token: laptop.token.access as string };
    expect(await refusal('room.Room/List', {}, revoked)).toEqual(badToken);
    expect((await ann.as('room.Room/List')).records ?? []).toEqual([]);
  });

  test('passwords are changed and recovered, and an account is deleted with its own only', async () => {
    const ann = await enter();
    const { email } = ann;
    const changed = 'Oth3r!pass';
    const weak = await ann.refused('authentication.Authentication/ChangePassword', {
      oldPassword: strong,
      newPassword: 'weak',
    });
    expect(weak).toMatchObject({
      name: 'Validation Error',
      message: expect.stringMatching(/^newPassword must have 8 or more/),
    });
    await ann.as('authentication.Authentication/ChangePassword', { oldPassword: strong, newPassword: changed });
    await call('authentication.Authentication/ForgetPassword', { email });
    await call('authentication.Authentication/ForgetPassword', { email: 'nobody@example.org' });
    const otp = await codeFor(email, /Set a new password/);
    await call('authentication.Authentication/ResetPassword', { email, otp, newPassword: strong });
    expect(await ann.refused('room.Room/List')).toEqual(badToken);
    const entered = await call('authentication.Authentication/SignIn', { email, password: strong, clientId: 'c' });
    const keys = { token: entered.token.access as string };
    expect(await refusal('authentication.Authentication/DeleteAccount', {}, keys)).toMatchObject({
      name: 'Validation Error',
    });
    const gone = await call('authentication.Authentication/DeleteAccount', {}, { ...keys, password: strong });
    expect(gone).toMatchObject({ id: ann.id, email });
    expect(await refusal('room.Room/List', {}, keys)).toEqual(badToken);
  });

  test('a profile is written by its owner and read by everybody', async () => {
    const [ann, bob] = [await enter(), await enter()];
    const photoPath = 'https://example.org/ann.png';
    const created = await ann.as('profile.Profile/Create', { name: 'Ann', photoPath });
    expect(created).toMatchObject({ id: ann.id, name: 'Ann', photoPath, about: "Hello there i'm using Veigo Chat" });
    await ann.as('profile.Profile/Update', { id: ann.id, about: 'here' });
    const seen = await until('the profile', async () => {
      const profile = await bob.as('profile.Profile/Read', { id: ann.id }).catch(() => null);
      return profile?.about === 'here' && profile;
    });
    expect(seen).toMatchObject({ name: 'Ann', photoPath });
    expect(await bob.refused('profile.Profile/Update', { id: ann.id, name: 'Eve' })).toEqual(unauthorized);
    expect(await bob.refused('profile.Profile/Delete', { id: ann.id })).toEqual(unauthorized);
    expect(await bob.refused('profile.Profile/Read', { id: stranger })).toMatchObject({ name: 'Data Integrity Error' });
    expect(await ann.as('profile.Profile/Delete', { id: ann.id })).toMatchObject({ name: 'Ann', about: 'here' });
    expect((await ann.as('profile.Profile/Read', { id: ann.id })).name).not.toBe('Ann');
  });

  test('rooms and their members', async () => {
    const [ann, bob, eve] = [await enter(), await enter(), await enter()];
    const made = await ann.as('room.Room/Create', {
      name: 'Team',
      description: 'ours',
      type: 'group',
      members: [bob.id],
    });
    const { id } = made.information;
    expect(made.information).toMatchObject({ name: 'Team', description: 'ours', type: 'group', privacy: 'private' });
    expect(made.members.map((member: Answer) => member.memberId)).toEqual([ann.id, bob.id]);
    // read-your-writes
    await ann.as('message.Message/Create', { roomId: id, content: 'first' });
    expect((await bob.as('room.Room/List')).records).toMatchObject([{ id, name: 'Team' }]);
    expect(await eve.refused('message.Message/List', { roomId: id })).toMatchObject({ name: 'Data Integrity Error' });
    expect(await eve.refused('room.Room/Update', { id, name: 'Mine' })).toEqual(unauthorized);
    await ann.as('room.Room/Update', { id, privacy: 'public' });
    expect((await eve.as('message.Message/List', { roomId: id })).records).toMatchObject([{ content: 'first' }]);
    const added = await ann.as('member_room.MemberRoom/Add', { roomId: id, membersId: [eve.id, bob.id] });
    expect(added.members).toMatchObject([{ memberId: eve.id, roomId: id }, { memberId: bob.id }]);
    const page = await bob.as('member_room.MemberRoom/List', { roomId: id, page: { size: 2 } });
    const rest = await bob.as('member_room.MemberRoom/List', { roomId: id, page: { cursor: page.metadata.cursor } });
    const all = [...page.records, ...rest.records].map(({ memberId }) => memberId);
    expect(all.sort()).toEqual([ann.id, bob.id, eve.id].sort());
    expect(await bob.as('member_room.MemberRoom/Leave', { roomId: id })).toMatchObject({
      memberId: bob.id,
      roomId: id,
    });
    expect(await bob.refused('message.Message/Create', { roomId: id, content: 'x' })).toEqual(unauthorized);
    const direct = { name: 'x', type: 'direct', members: [bob.id] };
    expect((await ann.as('room.Room/Create', direct)).information.type).toBe('direct');
    const wrong = await ann.refused('room.Room/Create', { ...direct, privacy: 'public' });
    expect(wrong).toEqual({ name: 'Validation Error', message: 'privacy of a direct room must be private.' });
  });

  test('messages, in one conversation with the native protocol', async () => {
    const [ann, native] = [await enter(), await createPerson(server, 'bob')];
    const made = await ann.as('room.Room/Create', { name: 'Team', type: 'group', members: [native.id] });
    const roomId = made.information.id as string;
    const sent = await ann.as('message.Message/Create', { roomId, content: 'hello' });
    expect(sent).toMatchObject({ roomId, senderId: ann.id, content: 'hello' });
    await native.must('POST', `/conversations/${roomId}/messages`, { id: 'n1', content: { type: 'text', text: 'hi' } });
    const page = await ann.as('message.Message/List', { roomId, page: { size: 1 } });
    expect(page).toMatchObject({ records: [{ content: 'hi', senderId: native.id }], metadata: { hasMore: true } });
    const older = await ann.as('message.Message/List', { roomId, page: { size: 5, cursor: page.metadata.cursor } });
    expect(older.records).toEqual([sent]);
    const ofBob = { roomId, messageId: page.records[0]?.id };
    expect(await ann.refused('message.Message/Update', { ...ofBob, content: 'x' })).toEqual(unauthorized);
    const own = { roomId, messageId: sent.id };
    expect(await ann.as('message.Message/Update', { ...own, content: 'hello!' })).toMatchObject({ id: sent.id });
    expect((await historyOf(native, roomId)).map(textOf)).toEqual(['hello!', 'hi']);
    expect(await ann.as('message.Message/Delete', own)).toMatchObject({ content: 'hello!' });
    const left = await ann.as('message.Message/List', { roomId });
    expect(left.records.map(({ content }: Answer) => content)).toEqual(['hi']);
  });

  test('who has no good token is told the same, whatever is wrong with it', async () => {
    const ann = await enter();
    const [head, payload] = ann.keys.token.split('.') as [string, string];
    for (const keys of [{}, { token: 'x' }, { token: `${head}.${payload}.AAAA` }, { authorization: 'Basic abc' }]) {
      expect(await refusal('room.Room/List', {}, keys as Record<string, string>)).toEqual(badToken);
    }
    await call('room.Room/List', {}, { authorization: `Bearer ${ann.keys.token}` });
  });

  test('hostile requests are answered with what is wrong', async () => {
    const ann = await enter();
    expect(await ann.refused('message.Message/Create', { roomId: "' or 1=1", content: 'x' })).toEqual({
      name: 'Validation Error',
      message: 'roomId must be a UUID.',
    });
    expect(await ann.refused('message.Message/List', { roomId: stranger, page: { size: 5_000 } })).toMatchObject({
      message: 'size must be from 1 to 200.',
    });
    const large = await call(
      'message.Message/Create',
      { roomId: stranger, content: 'x'.repeat(2 ** 21) },
      ann.keys,
    ).catch((error) => error);
    expect(large.code).toBe(status.RESOURCE_EXHAUSTED);
    const garbage = await raw(ports.chat, '/room.Room/Create', Buffer.from([0x0a, 0xff, 0xff])).catch((error) => error);
    expect(JSON.parse(garbage.details)).toMatchObject({ name: 'Validation Error' });
  });

  test('health and reflection are on every gRPC port', async () => {
    expect(await call('health_check.HealthCheck/Check', {})).toEqual({ status: 1 });
    for (const port of Object.values(ports)) {
      // status: SERVING
      expect(await raw(port, '/grpc.health.v1.Health/Check', Buffer.alloc(0))).toEqual(Buffer.from([8, 1]));
      const listed = (await reflect(port)).toString('latin1');
      for (const name of ['authentication.Authentication', 'profile.Profile', 'room.Room', 'message.Message'])
        expect(listed).toContain(name);
      expect(listed).not.toContain('parley');
    }
  });
});
