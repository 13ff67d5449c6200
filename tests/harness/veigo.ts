import { WebSocket } from 'ws';
import { uniqueName } from './people.ts';
import { until } from './until.ts';

export interface VeigoAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: what a test asks for is what it looks at.
  readonly data?: any;
  readonly errors?: readonly { readonly message: string }[];
}

/** A request to /gql; `token`: sent as Veigo's clients send it. */
export async function askVeigo(
  server: { readonly url: string },
  query: string,
  token: string | null = null,
  variables: object = {},
): Promise<VeigoAnswer> {
  const response = await fetch(`${server.url}/gql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== null && { authorization: `SuperDuperUser ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  if (response.status !== 200) throw new Error(`/gql: ${response.status} ${await response.text()}`);
  return (await response.json()) as VeigoAnswer;
}

/** Why a request was refused. */
export const refusalOf = ({ errors }: VeigoAnswer): string | undefined => errors?.[0]?.message;

export interface VeigoPerson {
  readonly id: string;
  readonly email: string;
  readonly access: string;
  readonly refresh: string;
  ask(query: string, variables?: object): Promise<VeigoAnswer>;
  /** The data; fails the test for any error. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  must(query: string, variables?: object): Promise<any>;
}

export const veigoPassword = 'Password@123';

/** Signs up as the reference's README does. */
export async function createVeigoPerson(server: { readonly url: string }, name: string): Promise<VeigoPerson> {
  const email = `${uniqueName(name.toLowerCase())}@veigo.com`;
  const { data, errors } = await askVeigo(
    server,
    `mutation {
      SignUpAndCreateProfile(name: "${name}", email: "${email}", password: "${veigoPassword}", clientId: "123abc") {
        account { id } profile { name } token { access refresh }
      }
    }`,
  );
  if (errors) throw new Error(JSON.stringify(errors));
  const { account, token } = data.SignUpAndCreateProfile;
  const ask = (query: string, variables?: object) => askVeigo(server, query, token.access, variables);
  return {
    id: account.id,
    email,
    ...token,
    ask,
    async must(query, variables) {
      const answer = await ask(query, variables);
      if (answer.errors) throw new Error(`${query}: ${JSON.stringify(answer.errors)}`);
      return answer.data;
    },
  };
}

export interface VeigoFrame {
  readonly type: string;
  readonly payload: readonly { readonly reason?: string; readonly content?: Record<string, unknown> }[];
}

/** What the README writes into a browser's console. */
export class VeigoSocket {
  readonly frames: VeigoFrame[] = [];
  closeCode: number | null = null;
  readonly socket: WebSocket;
  readonly #taken = new Map<string, number>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => this.frames.push(JSON.parse(String(data))));
    socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  /** Rejects with the status when the upgrade is refused. */
  static async open(server: { readonly url: string }, token: string, path = '/'): Promise<VeigoSocket> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}?token=SuperDuperUser%20${token}`);
    const opened = new VeigoSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    return opened;
  }

  say(type: string, ...payload: object[]): void {
    this.socket.send(JSON.stringify({ type, payload }));
  }

  /** Joins; a frame that is answered proves that those before it have been handled. */
  async join(...rooms: string[]): Promise<void> {
    this.say('JOIN_ROOM', ...rooms.map((name) => ({ name })));
    await this.settle();
  }

  async settle(): Promise<void> {
    const before = this.errors('settle').length;
    this.say('JOIN_ROOM', { name: 'settle' });
    await until('an answer', () => this.errors('settle').length > before);
  }

  errors(about: string): readonly VeigoFrame[] {
    return this.frames.filter(({ type, payload }) => type === 'ERROR' && payload[0]?.reason?.endsWith(about));
  }

  /** The first frame of the type that was not taken yet; an answer and a push come in either order. */
  async take(type: string): Promise<VeigoFrame> {
    const n = this.#taken.get(type) ?? 0;
    this.#taken.set(type, n + 1);
    return until(
      `a frame ${type} (got ${this.frames.map((frame) => frame.type).join(' ')})`,
      () => this.frames.filter((frame) => frame.type === type)[n],
    );
  }

  async closed(): Promise<number> {
    await until('the close of a socket', () => this.closeCode !== null);
    return this.closeCode as number;
  }

  close(): void {
    this.socket.terminate();
  }
}
