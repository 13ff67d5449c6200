import { fail } from '../../../../kernel/errors.ts';
import type { Credential } from '../../../shared/authenticate.ts';

/** What `connection_init` shows: `token`, or `authorization` as a header would say it, in any case of letters; null: nothing. */
export function readInitCredential(params: Readonly<Record<string, unknown>> | undefined): Credential | null {
  const named = new Map(Object.entries(params ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const given = named.get('authorization') ?? named.get('token');
  if (given === undefined || given === null) return null;
  const value = typeof given === 'string' ? /^(?:Bearer +)?(\S+)\s*$/i.exec(given)?.[1] : undefined;
  if (!value)
    throw fail('token.invalid', 'The payload must read {"authorization":"Bearer <access token>"} or {"token":"…"}.');
  return { kind: 'bearer', value };
}
