import { fail } from '../../../kernel/errors.ts';

/**
 * Of every queue (MESSAGE-PATH rule 24). A full one makes publishers wait, where the default would drop the oldest records. And no
 * record is given up for having been delivered often, as each lost connection counts: RabbitMQ 4 drops it after 20 unless told
 * otherwise. There -1 would mean "never", which 3 refuses; this number means it to both.
 */
export const bounds = { 'max-length-bytes': 1 << 30, overflow: 'reject-publish', 'delivery-limit': 1_000_000_000 };

/** What `setBounds` would set: the name of the policy and the queues it is for. */
export function boundsOf(prefix: string): { readonly name: string; readonly pattern: string } {
  return { name: `${prefix}parley-bounds`, pattern: `^${prefix.replaceAll('.', '\\.')}parley\\.` };
}

/** For whoever runs the broker, where its HTTP api is not within our reach. */
export function explainBounds(prefix: string): string {
  const { name, pattern } = boundsOf(prefix);
  return `rabbitmqctl set_policy --apply-to queues '${name}' '${pattern}' '${JSON.stringify(bounds)}'`;
}

/**
 * Bounds the queues by policy, which can be changed later, as queue arguments cannot. One that exists is left as it is: it is the
 * operator's.
 *
 * @param url of the bus: its virtual host, name and password
 * @param management of RabbitMQ's HTTP api
 * @returns whether it was created
 */
export async function setBounds(url: string, management: string, prefix: string): Promise<boolean> {
  const { pathname, username, password } = new URL(url);
  const vhost = pathname.length > 1 ? pathname.slice(1) : encodeURIComponent('/');
  const { name, pattern } = boundsOf(prefix);
  const address = new URL(`/api/policies/${vhost}/${name}`, management);
  const credential = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  const headers = { authorization: `Basic ${credential}`, 'content-type': 'application/json' };
  const ask = async (request: RequestInit) => {
    try {
      return await fetch(address, { headers, signal: AbortSignal.timeout(10_000), ...request });
    } catch (cause) {
      const detail = `RabbitMQ's management does not answer at ${management}.`;
      throw fail('service.unavailable', { detail, cause });
    }
  };
  const found = await ask({});
  if (found.ok) return false;
  const body = JSON.stringify({ pattern, definition: bounds, 'apply-to': 'queues' });
  const set = await ask({ method: 'PUT', body });
  if (!set.ok) {
    throw fail('service.unavailable', `RabbitMQ's management at ${management} refused the policy: HTTP ${set.status}.`);
  }
  return true;
}
