import { id as uuid } from '@parley/contracts';
import type { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';

/**
 * Arguments held against the native protocol's own schema, so that both take and refuse the same. null counts as left out where the
 * schema knows no null: that is what clients send for a variable they did not set.
 */
export function parseInput<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  given: object,
): z.output<z.ZodObject<Shape>> {
  const said = Object.entries(given).filter(
    ([name, value]) => value !== null || (schema.shape[name] as z.ZodType | undefined)?.safeParse(null).success,
  );
  const { success, data, error } = schema.safeParse(Object.fromEntries(said));
  if (success) return data;
  const problems = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  const detail = problems.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; ');
  throw fail('request.invalid', { detail, problems });
}

/** An id of ours: services are never asked for what cannot be one. */
export function parseId<Id extends string>(given: string, name = 'id'): Id {
  if (!uuid.safeParse(given).success) throw fail('request.invalid', `${name} must be a UUID in lower case.`);
  return given as Id;
}
