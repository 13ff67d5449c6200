import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  askVeigo,
  createVeigoPerson,
  mailedCode,
  refusalOf,
  type System,
  until,
  VeigoSocket,
  veigoPassword,
} from '../../harness/index.ts';

const account = 'id email isEmailVerified phone isPhoneVerified createdAt updatedAt';
const profile = 'id photoPath name about createdAt updatedAt';
const metadata = 'metadata { cursor hasMore }';
const token = 'token { access refresh }';
const unauthorized = '2 UNKNOWN: {"name":"Error","message":"Unauthorized action"}';
const invalidToken = '2 UNKNOWN: {"name":"Error","message":"Invalid token"}';

/** Accounts, tokens, codes from e-mails and profiles. */
export function describeVeigoAccounts(server: () => System): void {
  const person = (name: string) => createVeigoPerson(server(), name);
  const ask = (query: string, variables?: object) => askVeigo(server(), query, null, variables);

  test('accounts and tokens', async () => {
    const email = `carol.${randomUUID()}@veigo.com`;
    const variables = { email, password: veigoPassword, clientId: 'phone' };
    const declared = '$email: String!, $password: String!, $clientId: String!';
    const given = 'email: $email, password: $password, clientId: $clientId';
    const signUp = `mutation S(${declared}) { SignUp(${given}, phone: "+1 555-0100") { account { ${account} } ${token} } }`;
    const { data } = await ask(signUp, variables);
    expect(data.SignUp.account).toMatchObject({
      email,
      isEmailVerified: 'false',
      phone: '+1 555-0100',
      isPhoneVerified: 'false',
    });
    const named = signUp.replace('+1 555-0100', 'call me');
    expect(refusalOf(await ask(named, { ...variables, email: `x${email}` }))).toContain('A phone number is');
    expect(refusalOf(await ask(signUp, variables))).toBe(
      '2 UNKNOWN: {"name":"Data Integrity Error","message":"The data you are trying to add already exists."}',
    );
    const signIn = `mutation S(${declared}) { SignIn(${given}) { account { ${account} } ${token} } }`;
    expect(refusalOf(await ask(signIn, { ...variables, password: 'Wrong@12345' }))).toContain(
      'Invalid email or password',
    );
    const signedIn = (await ask(signIn, { ...variables, clientId: 'laptop' })).data.SignIn;
    expect(signedIn.account).toEqual(data.SignUp.account);
    const asCarol = (query: string) => askVeigo(server(), query, signedIn.token.access);
    const listed = await asCarol(`{ ListDevices(page: { size: 5 }) { records { clientId } ${metadata} } }`);
    expect(listed.data.ListDevices.records.map((device: { clientId: string }) => device.clientId).sort()).toEqual([
      'laptop',
      'phone',
    ]);

    const validate = 'mutation V($token: String!) { ValidateAccessToken(token: $token) { success } }';
    expect((await ask(validate, { token: data.SignUp.token.access })).data).toEqual({
      ValidateAccessToken: { success: true },
    });
    expect(refusalOf(await ask(validate, { token: 'forged' }))).toBe(invalidToken);
    const refresh =
      'mutation RefreshToken($refresh_token: String!) { RefreshToken(token: $refresh_token) { access refresh } }';
    const refresh_token = data.SignUp.token.refresh;
    const fresh = (await ask(refresh, { refresh_token })).data.RefreshToken;
    expect(fresh.refresh).not.toBe(refresh_token);

    const socket = await VeigoSocket.open(server(), fresh.access);
    expect((await asCarol('mutation { SignOut(clientId: "phone") { success } }')).data.SignOut.success).toBe(true);
    expect(await socket.closed()).toBe(4501);
    // Of another process's tokens the change stream tells.
    await until(
      'the token is refused',
      async () => refusalOf(await ask(validate, { token: fresh.access })) === invalidToken,
    );
    await until('the upgrade is refused', () =>
      VeigoSocket.open(server(), fresh.access).then(
        (late) => late.close(),
        (error: Error) => error.message.includes('401'),
      ),
    );
    const third = (await ask(signIn, variables)).data.SignIn.token.access;
    await askVeigo(server(), 'mutation { SignOut { success } }', third);
    await until(
      'the session that asked has ended',
      async () => refusalOf(await ask(validate, { token: third })) === invalidToken,
    );
    const wrong = 'mutation { ChangePassword(oldPassword: "Wrong@12345", newPassword: "Other@12345") { success } }';
    expect(refusalOf(await asCarol(wrong))).toContain('Invalid email or password');
    expect((await asCarol(wrong.replace('Wrong@12345', veigoPassword))).data.ChangePassword.success).toBe(true);
    expect(
      refusalOf(await asCarol(`mutation { DeleteAccount(password: "Wrong@12345") { ${account} } }`)),
    ).toBeDefined();
    const gone = await asCarol(`mutation { DeleteAccount(password: "Other@12345") { ${account} } }`);
    expect(gone.data.DeleteAccount).toEqual(signedIn.account);
    expect(refusalOf(await ask(signIn, { ...variables, password: 'Other@12345' }))).toContain(
      'Invalid email or password',
    );
  });

  test('what is proved by a code from an e-mail', async () => {
    const dave = await person('Dave');
    const codes = `email: "${dave.email}"`;
    const first = await mailedCode(server(), dave.email, /Confirm/);
    await dave.must(`mutation { SendEmailVerification(${codes}) { success } }`);
    const second = await mailedCode(server(), dave.email, /Confirm/, first);
    expect(refusalOf(await ask(`mutation { VerifyEmail(${codes}, otp: "${first}") { success } }`))).toBe(invalidToken);
    expect((await ask(`mutation { VerifyEmail(${codes}, otp: "${second}") { success } }`)).errors).toBeUndefined();
    await ask(`mutation { ForgetPassword(${codes}) { success } }`);
    const otp = await mailedCode(server(), dave.email, /Set a new password/);
    const reset = (password: string) =>
      ask(`mutation { ResetPassword(${codes}, otp: "${otp}", newPassword: "${password}") { success } }`);
    expect(refusalOf(await reset('weak'))).toContain('newPassword must have');
    expect((await reset('Other@12345')).data.ResetPassword.success).toBe(true);
    const signIn = `mutation { SignIn(${codes}, password: "Other@12345", clientId: "c") { account { isEmailVerified } } }`;
    expect((await ask(signIn)).data.SignIn.account.isEmailVerified).toBe('true');
  });

  test('profiles, each its owner’s', async () => {
    const [eve, finn] = [await person('Eve'), await person('Finn')];
    const about = "Hello there i'm using Veigo Chat";
    const read = `query R($id: String!) { ReadProfile(id: $id) { ${profile} } }`;
    expect((await finn.must(read, { id: eve.id })).ReadProfile).toMatchObject({
      id: eve.id,
      name: 'Eve',
      about,
      photoPath: null,
    });
    expect((await eve.must('mutation { CreateProfile(name: "Bob") { name } }')).CreateProfile).toEqual({ name: 'Bob' });
    const photoPath = 'https://example.org/eve.png';
    const update = `mutation U($id: String!, $photoPath: String) {
      UpdateProfile(id: $id, name: "Eve II", about: "here", photoPath: $photoPath) { ${profile} } }`;
    expect((await eve.must(update, { id: eve.id, photoPath })).UpdateProfile).toMatchObject({
      name: 'Eve II',
      photoPath,
    });
    expect(refusalOf(await finn.ask(update, { id: eve.id }))).toBe(unauthorized);
    const remove = `mutation D($id: String!) { DeleteProfile(id: $id) { ${profile} } }`;
    expect(refusalOf(await finn.ask(remove, { id: eve.id }))).toBe(unauthorized);
    expect((await eve.must(remove, { id: eve.id })).DeleteProfile).toMatchObject({ name: 'Eve II', about: 'here' });
    expect((await eve.must(read, { id: eve.id })).ReadProfile).toMatchObject({ about, photoPath: null });
    expect(refusalOf(await eve.ask(read, { id: randomUUID() }))).toContain('Data Integrity Error');
  });
}
