import type { ASTVisitor, ValidationContext } from 'graphql';

/** What one document may ask for. */
export const queryLimits = {
  characters: 64 * 1024,
  tokens: 5_000,
} as const;

export function limitRule(_context: ValidationContext): ASTVisitor {
  return {};
}
