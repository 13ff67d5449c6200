import type { Unit } from '../../kernel/lifecycle.ts';
import { createAccessVerifier } from '../../services/identity/tokens/create-access-verifier.ts';
import type { ProgramContext } from '../program-context.ts';
import { override, shared } from './shared.ts';

/** Tokens are verified in every process that faces people, also while identity is away. */
export function initAccess(p: ProgramContext): Unit {
  const identity = p.services.connect('identity');
  const access = createAccessVerifier({ ...shared(p, 'access'), identity });
  p.process.onRevoked((user, sessions) => access.onRevoked(user, sessions));
  // Not waited for: identity may be away, and others must hear of the reset all the same.
  p.process.onStreamReset(async () => void access.doubt());
  const { verifyAccess, resolveCookie } = access;
  p.identity = override(identity, { verifyAccess, resolveCookie });
  return access.unit;
}
