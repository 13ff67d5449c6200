import { type ClientFrame, clientFrames, sendFrame } from '@parley/contracts';
import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';
import type { FrameRef } from './answers.ts';

/** The content of a send is checked where it is cut out of the text (create-draft), not twice. */
const schemas = { ...clientFrames, send: sendFrame.extend({ content: z.unknown().optional() }) };

export type ParsedFrame =
  | Exclude<ClientFrame, { op: 'send' }>
  | (Omit<Extract<ClientFrame, { op: 'send' }>, 'content'> & { readonly content?: unknown });

/** The frame as an object; null: unreadable, which ends the connection (close 4500). */
export function readFrame(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** An unknown op or field, or a wrong value: `request.invalid`, answered and never a close (rule 30). */
export function parseFrame(value: Record<string, unknown>): ParsedFrame {
  const { op } = value;
  if (typeof op !== 'string' || !Object.hasOwn(schemas, op)) {
    throw fail('request.invalid', `op must be one of ${Object.keys(schemas).join(', ')}.`);
  }
  const result = schemas[op as keyof typeof schemas].safeParse(value);
  if (result.success) return result.data as ParsedFrame;
  const said = result.error.issues.map(({ path, message }) =>
    [path.map(String).join('.'), message].filter(Boolean).join(': '),
  );
  throw fail('request.invalid', `${op}: ${said.join('; ')}`);
}

/** The `ref` of a frame that may be wrong in every other way. */
export function refOf(value: Record<string, unknown>): FrameRef {
  const { ref } = value;
  return typeof ref === 'number' || (typeof ref === 'string' && ref.length <= 64) ? ref : undefined;
}
