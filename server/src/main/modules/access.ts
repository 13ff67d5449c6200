import { partsFor } from '../../ports/service.ts';
import { createAccessVerifier } from '../../services/identity/tokens/create-access-verifier.ts';
import type { ProgramContext, Provides } from '../program-context.ts';
import { override } from './override.ts';

/** Tokens are verified in every process that faces people, also while identity is away. */
export function initAccess(p: ProgramContext): Provides<'access'> {
  const identity = p.services.connect('identity');
  const access = createAccessVerifier({ ...partsFor(p, 'access'), identity });
  p.process.onRevoked((user, sessions) => access.onRevoked(user, sessions));
  // Not waited for: identity may be away, and others must hear of the reset all the same.
  p.process.onStreamReset(async () => void access.doubt());
  const { verifyAccess, resolveCookie } = access;
  return { unit: access.unit, provides: { identity: override(identity, { verifyAccess, resolveCookie }) } };
}
