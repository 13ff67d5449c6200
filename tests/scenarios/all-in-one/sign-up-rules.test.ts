import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askVeigo,
  freePort,
  mustGraphql,
  request,
  requestGraphql,
  runCommand,
  startServer,
  type TestServer,
  uniqueName,
  veigoPassword,
} from '../../harness/index.ts';
import { createVeigoGrpcClient } from '../../harness/veigo-grpc.ts';

const rules = [
  ['invited', 'Nobody can sign up here: an administrator creates the accounts.', 200],
  ['closed', 'Nobody can sign up here: no accounts are created on this server.', 403],
] as const;

describe.each(rules)('--sign-up %s', (rule, words, bulk) => {
  let server: TestServer;
  let grpcPort: number;
  beforeAll(async () => {
    grpcPort = await freePort();
    server = await startServer({ flags: { 'sign-up': rule, 'grpc-port': String(grpcPort) } });
  });
  afterAll(() => server?.stop());

  test('REST says so, and no account comes of it', async () => {
    const username = uniqueName('ann');
    const answer = await request(server, 'POST', '/accounts', { body: { username, password: veigoPassword } });
    expect([answer.status, answer.body]).toEqual([
      403,
      expect.objectContaining({ code: 'action.forbidden', detail: words }),
    ]);
    await expect(runCommand('account', username, ...server.dataFlags)).rejects.toThrow(/there is no account/);
  });

  test('GraphQL says so', async () => {
    const document = `mutation { signUp(input: { username: "${uniqueName('ann')}", password: "${veigoPassword}" }) { account { id } } }`;
    const { errors } = await requestGraphql(server, null, document);
    expect(errors).toMatchObject([{ message: words, extensions: { code: 'action.forbidden' } }]);
  });

  test('Veigo says so beside the message that its clients know, over GraphQL and gRPC', async () => {
    const told = { name: 'Error', message: 'Unauthorized action', cause: [{ path: 'SignUp', message: words }] };
    const given = { email: `${uniqueName('ann')}@example.org`, password: veigoPassword, clientId: 'phone' };
    const args = Object.entries(given).map(([name, value]) => `${name}: "${value}"`);
    for (const document of [
      `mutation { SignUp(${args}) { account { id } } }`,
      `mutation { SignUpAndCreateProfile(${args}, name: "Ann") { account { id } } }`,
    ]) {
      const { errors } = await askVeigo(server, document);
      expect(JSON.parse(errors?.[0]?.message.replace('2 UNKNOWN: ', '') ?? '')).toEqual(told);
    }
    const client = createVeigoGrpcClient({ authentication: grpcPort, chat: grpcPort });
    const refused = client.call('authentication.Authentication/SignUp', given).then(
      () => null,
      (error) => JSON.parse(error.details),
    );
    expect(await refused).toEqual(told);
    client.close();
  });

  test('whoever runs the program creates accounts; an administrator does as the rule says', async () => {
    const username = uniqueName('chief');
    const said = await runCommand('account', username, '--create', '--admin', 'true', ...server.dataFlags);
    expect(said).toMatch(/administrator/);
    const password = /^password: (\S+)$/m.exec(said)?.[1];
    const signedIn = await request(server, 'POST', '/sessions', { body: { login: username, password } });
    expect(signedIn.status).toBe(201);
    const token = (signedIn.body as unknown as { tokens: { access: string } }).tokens.access;
    const accounts = [{ username: uniqueName('ben'), password: veigoPassword }];
    expect((await request(server, 'POST', '/accounts:batch', { token, body: { accounts } })).status).toBe(bulk);
    expect((await mustGraphql(server, token, '{ me { username } }')).me).toEqual({ username });
    await expect(runCommand('account', username, '--create', ...server.dataFlags)).rejects.toThrow(/already/);
    await expect(runCommand('account', 'x', '--create', ...server.dataFlags)).rejects.toThrow(/3 to 32/);
  });
});
