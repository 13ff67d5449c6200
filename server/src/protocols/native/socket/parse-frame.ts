import { type ClientFrame, clientFrames, sendFrame } from '@parley/contracts';
import { z } from 'zod';
import { type Failure, fail } from '../../../kernel/errors.ts';
import { parseJson } from '../../../kernel/parse-json.ts';
import type { FrameRef } from './answers.ts';

/** The content of a send is checked where it is cut out of the text (create-draft), not twice. */
const schemas = { ...clientFrames, send: sendFrame.extend({ content: z.unknown().optional() }) };

export type ParsedFrame =
  | Exclude<ClientFrame, { op: 'send' }>
  | (Omit<Extract<ClientFrame, { op: 'send' }>, 'content'> & { readonly content?: unknown });

/** The frame as an object; null: unreadable, which ends the connection (close 4500). `request.invalid`: more than a frame may be. */
export function readFrame(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (thrown) {
    if ((thrown as Failure).cause || !/^\s*\{/.test(text)) return null;
    throw thrown;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return value as Record<string, unknown>;
}

const refAtBegin = /^\s*\{\s*"op"\s*:\s*"\w*"\s*,\s*"ref"\s*:\s*(\d{1,15}|"[^"\\]{0,64}")/;
const refAtEnd = /,\s*"ref"\s*:\s*(\d{1,15}|"[^"\\]{0,64}")\s*\}\s*$/;

/** The `ref` of a frame that is not parsed, where it can be nobody else's: right after `op`, or last. */
export function findRef(text: string): FrameRef {
  const [, ref] = refAtBegin.exec(text.slice(0, 200)) ?? refAtEnd.exec(text.slice(-200)) ?? [];
  return ref === undefined ? undefined : (JSON.parse(ref) as FrameRef);
}

/** Bytes that a frame of an op may have, where it says its op first; resume and what hides its op: as many as any frame. */
const opBytes: Readonly<Record<string, number>> = {
  auth: 8_192,
  ping: 1_024,
  presence: 32_768,
  receipt: 1_024,
  send: 98_304,
  typing: 1_024,
};
/** More than any op has. */
const mostFields = 32;

/** Refuses by its size a frame that nobody has parsed yet: what it costs to read must not depend on who sends it. */
export function checkSize(frame: Buffer): void {
  if (frame.length <= 1_024) return;
  const [, op = ''] = /^\s*\{\s*"op"\s*:\s*"(\w{1,16})"/.exec(frame.toString('latin1', 0, 128)) ?? [];
  const most = Object.hasOwn(opBytes, op) ? (opBytes[op] as number) : Number.POSITIVE_INFINITY;
  if (frame.length > most) throw fail('request.invalid', `A frame "${op}" may hold ${most} bytes.`);
}

/** What is told of a frame that is wrong all over. */
const mostProblems = 5;
const longestProblem = 200;

/** An unknown op or field, or a wrong value: `request.invalid`, answered and never a close (rule 30). */
export function parseFrame(value: Record<string, unknown>): ParsedFrame {
  const { op } = value;
  if (Object.keys(value).length > mostFields)
    throw fail('request.invalid', `A frame has ${mostFields} fields at the most.`);
  if (typeof op !== 'string' || !Object.hasOwn(schemas, op)) {
    throw fail('request.invalid', `op must be one of ${Object.keys(schemas).join(', ')}.`);
  }
  const result = schemas[op as keyof typeof schemas].safeParse(value);
  if (result.success) return result.data as ParsedFrame;
  const said = result.error.issues
    .slice(0, mostProblems)
    .map(({ path, message }) =>
      [path.map(String).join('.'), message].filter(Boolean).join(': ').slice(0, longestProblem),
    );
  throw fail('request.invalid', `${op}: ${said.join('; ')}`);
}

/** The `ref` of a frame that may be wrong in every other way. */
export function refOf(value: Record<string, unknown>): FrameRef {
  const { ref } = value;
  return typeof ref === 'number' || (typeof ref === 'string' && ref.length <= 64) ? ref : undefined;
}
