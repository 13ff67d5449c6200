import { fail } from '../../kernel/errors.ts';
import type { Instance } from '../../model/instance.ts';

const idPattern = /^[\x21-\x7e]{1,128}$/;
const servicePattern = /^[a-z][a-z0-9-]{0,62}$/;
/** `host:port`, `1.2.3.4:port`, `[::1]:port`. */
const addressPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\]):(\d{1,5})$/;

/** The instance, or `request.invalid` with every problem: what is served to others must be something they can call. */
export function parseInstance({ id, service, address }: Instance): Instance {
  const problems: { path: string; message: string }[] = [];
  if (!idPattern.test(id)) problems.push({ path: 'id', message: 'must be 1–128 printable ASCII characters' });
  if (!servicePattern.test(service)) problems.push({ path: 'service', message: 'must be a lower-case name' });
  const port = Number(addressPattern.exec(address)?.[1]);
  if (!(port >= 1 && port <= 65_535)) problems.push({ path: 'address', message: 'must be host:port' });
  if (problems.length > 0) throw fail('request.invalid', { detail: 'This cannot be an instance.', problems });
  return { id, service, address };
}
