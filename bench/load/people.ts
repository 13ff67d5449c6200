/** Where people reach the system, or one process of it. */
export interface Address {
  readonly url: string;
}

export interface LoadAccount {
  readonly id: string;
  readonly username: string;
  readonly access: string;
}

const admin = { username: 'bench-admin', password: 'bench-admin-password' };

/** Flags every measured server runs with: limits out of the way, tokens that outlive the run. */
export const benchFlags = {
  admins: admin.username,
  'sends-per-second': '1000000',
  'access-token-seconds': '36000',
  'sign-ins-per-minute': '100000',
} as const;

export async function call<T>(
  server: Address,
  access: string | null,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      ...(access && { authorization: `Bearer ${access}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return (text ? JSON.parse(text) : undefined) as T;
}

export async function signUpAdmin(server: Address): Promise<string> {
  const { tokens } = await call<{ tokens: { access: string } }>(server, null, 'POST', '/accounts', admin);
  return tokens.access;
}

/** Accounts with sessions, made in bulk by an administrator. */
export async function createAccounts(
  server: Address,
  adminAccess: string,
  prefix: string,
  count: number,
): Promise<LoadAccount[]> {
  const accounts: LoadAccount[] = [];
  for (let from = 0; from < count; from += 200) {
    const wanted = Array.from({ length: Math.min(200, count - from) }, (_, i) => ({
      username: `${prefix}-${from + i}`,
    }));
    const { items } = await call<{
      items: { account: { id: string; username: string }; tokens: { access: string } }[];
    }>(server, adminAccess, 'POST', '/accounts:batch', { accounts: wanted, sessions: true });
    for (const { account, tokens } of items)
      accounts.push({ id: account.id, username: account.username, access: tokens.access });
  }
  return accounts;
}

export async function createGroup(
  server: Address,
  owner: LoadAccount,
  members: readonly LoadAccount[],
): Promise<string> {
  const { id } = await call<{ id: string }>(server, owner.access, 'POST', '/conversations', {
    kind: 'group',
    name: 'bench',
    members: members.slice(0, 999).map((member) => member.id),
  });
  return id;
}

export function socketUrl(server: Address, account: LoadAccount): URL {
  const url = new URL(server.url.replace('http', 'ws'));
  url.pathname = '/realtime';
  url.searchParams.set('token', account.access);
  return url;
}
