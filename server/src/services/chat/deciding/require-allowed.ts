import { fail } from '../../../kernel/errors.ts';
import type { Decision } from '../../../ports/policy.ts';

/** Throws what a refusal says. */
export function requireAllowed(decision: Decision): void {
  if (!decision.allowed) throw fail(decision.code, decision.detail);
}
