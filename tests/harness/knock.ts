import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Knock {
  readonly method: string;
  /** Whole path with query, sent as it stands. */
  readonly path: string;
  readonly token?: string | null;
  readonly body?: string | Buffer | undefined;
  /** null: no content type at all. */
  readonly type?: string | null;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

/** An HTTP request with nothing tidied up on the way: any method, any bytes. Rejects when no answer comes. */
export function knock(server: { readonly url: string }, { method, path, token, body, type }: Knock): Promise<Reply> {
  const { hostname, port } = new URL(server.url);
  const headers: Record<string, string | number> = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
  if (body !== undefined && type !== null) headers['content-type'] = type ?? 'application/json';
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, method, path, headers, agent, timeout: 60_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path} hangs`)));
    asked.on('error', reject);
    asked.end(body);
  });
}

/** What is wrong with a refusal; null: it is an answer in the 400s that says by code and in words what was wrong. */
export function findRefusalProblem(reply: Reply, statuses?: readonly number[]): string | null {
  const { status, text } = reply;
  if (status < 400 || status >= 500 || (statuses && !statuses.includes(status))) {
    return `answered ${status}${statuses ? ` instead of ${statuses.join('/')}` : ''} ${text.slice(0, 300)}`;
  }
  if (!reply.headers['content-type']?.startsWith('application/problem+json')) return `${status} is no problem document`;
  const { code, detail, title, status: said } = JSON.parse(text);
  if (said !== status || !detail || !title) return `incomplete problem ${text.slice(0, 300)}`;
  if (status === 405 && !reply.headers.allow) return `405 without Allow`;
  // About the path, not about a request that was understood.
  if (code === undefined && status !== 404 && status !== 405) return `a problem without code: ${text.slice(0, 300)}`;
  return /\b(sql|zod|postgres|relation|node:|at async)\b/i.test(detail)
    ? `tells too much: ${detail.slice(0, 300)}`
    : null;
}

/** Whether the program may be called well, as its operator sees it. */
export async function isReady(server: { readonly adminUrl: string }): Promise<boolean> {
  return (await fetch(`${server.adminUrl}/readyz`)).status === 200;
}
