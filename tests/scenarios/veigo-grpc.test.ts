import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPerson,
  historyOf,
  mailedCode,
  type SharedSystem,
  shareSystem,
  textOf,
  topology,
  uniqueName,
  until,
} from '../harness/index.ts';
import { type VeigoGrpcAnswer as Answer, createVeigoGrpcClient } from '../harness/veigo-grpc.ts';

type Refusal = { readonly name: string; readonly message: string; readonly cause?: unknown };

const strong = 'Str0ng!pass';
const stranger = '01900000-0000-7000-8000-000000000000';

describe(`Veigo over gRPC (${topology})`, () => {
  let server: SharedSystem;
  let port: number;
  let client: ReturnType<typeof createVeigoGrpcClient>;

  beforeAll(async () => {
    server = await shareSystem();
    port = server.grpcPort;
    client = createVeigoGrpcClient({ authentication: port, chat: port });
  });
  afterAll(() => client?.close());

  const call: typeof client.call = (...args) => client.call(...args);

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
    const email = `${uniqueName('ann')}@example.org`;
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

  const badToken = { name: 'Error', message: 'Invalid token' };
  const unauthorized = { name: 'Error', message: 'Unauthorized action' };

  test('an account enters, proves its address, and refreshes its tokens', async () => {
    const ann = await enter();
    expect(ann.signedUp.account).toMatchObject({ email: ann.email, phone: '1' });
    expect(ann.signedUp.account).toMatchObject({ isEmailVerified: false, isPhoneVerified: false });
    expect(ann.signedUp.account.createdAt).toMatch(/^\d{4}-.*Z$/);
    const { email } = ann;
    const again = { email, password: strong, clientId: 'phone' };
    expect(await refusal('authentication.Authentication/SignUp', again)).toEqual({
      name: 'Data Integrity Error',
      message: 'The data you are trying to add already exists.',
    });
    const first = await mailedCode(server, email, /Confirm/);
    await call('authentication.Authentication/ValidateOTP', { email, otp: first });
    await call('authentication.Authentication/SendEmailVerification', { email });
    const otp = await mailedCode(server, email, /Confirm/, first);
    await call('authentication.Authentication/VerifyEmail', { email, otp });
    expect(await refusal('authentication.Authentication/ValidateOTP', { email, otp })).toEqual(badToken);
    const entered = await call('authentication.Authentication/SignIn', { ...again, clientId: 'laptop' });
    expect(entered.account).toMatchObject({ id: ann.id, phone: '1', isEmailVerified: true });
    const fresh = await call('authentication.Authentication/RefreshToken', { token: entered.token.refresh });
    await call('authentication.Authentication/ValidateAccessToken', { token: fresh.access });
    // Used twice, a refresh token ends its session, and no device for ever.
    const used = { token: entered.token.refresh };
    expect(await refusal('authentication.Authentication/RefreshToken', used)).toEqual(badToken);
    expect(await refusal('authentication.Authentication/RefreshToken', { token: fresh.refresh })).toEqual(badToken);
    const back = await call('authentication.Authentication/SignIn', { ...again, clientId: 'laptop' });
    await call('authentication.Authentication/RefreshToken', { token: back.token.refresh });
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
    expect(two.metadata.hasMore).toBe(false);
    await ann.as('authentication.Authentication/SignOut', { clientId: 'laptop' });
    const revoked = { token: laptop.token.access as string };
    expect(await refusal('room.Room/List', {}, revoked)).toEqual(badToken);
    expect((await ann.as('room.Room/List')).records ?? []).toEqual([]);
  });

  test.each([
    ['5,000 characters', 'x'.repeat(5_000)],
    ['a NUL', 'lap\u0000top'],
    ['a line break', 'lap\ntop'],
  ])('a device whose name has %s is signed out by that name, by older clients too', async (_, clientId) => {
    const ann = await enter('phone');
    const bob = await enter('phone');
    for (const ask of [{ clientId }, { clientId: ann.id, olderClientId: clientId }]) {
      const again = { email: ann.email, password: strong, clientId };
      const { token } = await call('authentication.Authentication/SignIn', again);
      await expect(
        bob.refused('authentication.Authentication/SignOut', { clientId: ann.id, olderClientId: clientId }),
      ).resolves.toMatchObject(unauthorized);
      expect((await call('room.Room/List', {}, { token: token.access })).records ?? []).toEqual([]);
      await ann.as('authentication.Authentication/SignOut', ask);
      expect(await refusal('room.Room/List', {}, { token: token.access })).toEqual(badToken);
    }
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
    const otp = await mailedCode(server, email, /Set a new password/);
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
    const photoPath = 'https://example.org/team.png';
    const written = { name: 'Team', description: 'ours', photoPath };
    const made = await ann.as('room.Room/Create', { ...written, type: 'group', members: [bob.id] });
    const { id } = made.information;
    expect(made.information).toMatchObject({ ...written, type: 'group', privacy: 'private' });
    expect(made.members.map((member: Answer) => member.memberId)).toEqual([ann.id, bob.id]);
    // read-your-writes
    await ann.as('message.Message/Create', { roomId: id, content: 'first' });
    expect((await bob.as('room.Room/List')).records).toMatchObject([{ id, name: 'Team' }]);
    expect(await eve.refused('message.Message/List', { roomId: id })).toMatchObject({ name: 'Data Integrity Error' });
    expect(await eve.refused('room.Room/Update', { id, name: 'Mine' })).toEqual(unauthorized);
    const changed = await ann.as('room.Room/Update', { id, privacy: 'public', photoPath: `${photoPath}?2` });
    expect(changed).toMatchObject({ ...written, photoPath: `${photoPath}?2`, privacy: 'public' });
    expect((await bob.as('room.Room/List')).records).toMatchObject([{ id, photoPath: `${photoPath}?2` }]);
    // What was said before stays the members'.
    await ann.as('message.Message/Create', { roomId: id, content: 'second' });
    const opened = (await eve.as('message.Message/List', { roomId: id })).records;
    expect(opened.map(({ content }: Answer) => content)).toEqual(['second']);
    expect((await eve.as('member_room.MemberRoom/List', { roomId: id })).records).toHaveLength(2);
    expect(await eve.refused('message.Message/Create', { roomId: id, content: 'x' })).toEqual(unauthorized);
    await ann.as('room.Room/Update', { id, privacy: 'private' });
    for (const list of ['message.Message/List', 'member_room.MemberRoom/List']) {
      expect(await eve.refused(list, { roomId: id })).toMatchObject({ name: 'Data Integrity Error' });
    }
    const other = await bob.as('room.Room/Create', { name: 'Other', type: 'group' });
    expect(await ann.refused('member_room.MemberRoom/Add', { roomId: id, membersId: [] })).toMatchObject({
      message: 'membersId must name at least one account.',
    });
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
    expect((await bob.as('room.Room/List')).records).toMatchObject([{ id: other.information.id, name: 'Other' }]);
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
    const garbage = await client
      .raw(port, '/room.Room/Create', Buffer.from([0x0a, 0xff, 0xff]))
      .catch((error) => error);
    expect(JSON.parse(garbage.details)).toMatchObject({ name: 'Validation Error' });
  });

  test('health and reflection', async () => {
    expect(await call('health_check.HealthCheck/Check', {})).toEqual({ status: 1 });
    await client.expectServed(port);
  });
});
