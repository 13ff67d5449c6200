import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { RequestParams } from 'graphql-http';
import { z } from 'zod';
import { fail } from '../../../kernel/errors.ts';
import { parseJson } from '../../../kernel/parse-json.ts';
import { announcedBytes } from '../../shared/store-attachment.ts';
import { Upload } from '../schema/attachment.ts';

/** The parts of a form beside the file: the operation, and where in its variables the file stands. */
export const formLimits = { files: 1, fields: 2, fieldSize: 256 * 1024, headerPairs: 50 } as const;

/** A header that a page of another site cannot send without asking first; one of these is enough. */
const guards = ['x-parley-csrf', 'apollo-require-preflight', 'graphql-require-preflight'];

const operation = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
const placesOf = z.record(z.string(), z.array(z.string()).length(1));

export interface UploadRequest {
  readonly params: RequestParams;
  /** Reads what nobody has read of the file: only then is the request at its end. */
  finish(): void;
}

/**
 * One operation with one file, as the GraphQL multipart request specification says: `operations`, then `map`, then the file, whose
 * bytes are read while the operation runs.
 */
export async function readUpload(request: FastifyRequest): Promise<UploadRequest> {
  // A form is sent by any page without a question, with our cookie.
  if (!guards.some((name) => request.headers[name])) {
    throw fail('request.invalid', `A form must come with the header ${guards[0]}, whatever its value.`);
  }
  const file = await request.file().catch((thrown: Error & { statusCode?: number }) => {
    if (thrown.statusCode !== undefined) throw thrown;
    throw fail('request.invalid', `The form is not valid: ${thrown.message}.`);
  });
  if (!file) throw fail('request.invalid', 'The form holds no file.');
  const finish = () => void file.file.resume();
  try {
    const params = operation.parse(parseField(file, 'operations'));
    const places = Object.entries(placesOf.parse(parseField(file, 'map')));
    const [name, [place]] = places[0] ?? ['', ['']];
    if (places.length !== 1 || name !== file.fieldname || !place) {
      throw fail('request.invalid', 'The map must name the one file, and one place for it.');
    }
    putInPlace({ variables: params.variables }, place.split('.'), new Upload(file, announcedBytes(request.headers)));
    return { params: params as RequestParams, finish };
  } catch (thrown) {
    finish();
    if (!(thrown instanceof z.ZodError)) throw thrown;
    throw fail('request.invalid', `The form is not valid: ${thrown.issues[0]?.message ?? 'its fields say nothing'}.`);
  }
}

function parseField({ fields }: MultipartFile, name: string): unknown {
  const field = fields[name];
  if (!field || Array.isArray(field) || field.type !== 'field') {
    throw fail('request.invalid', `The form needs the field "${name}" before the file.`);
  }
  if (field.valueTruncated)
    throw fail('request.too_large', `"${name}" may hold ${formLimits.fieldSize} bytes at the most.`);
  return parseJson(String(field.value));
}

/** Only where a null waits for it. */
function putInPlace(root: object, path: readonly string[], upload: Upload): void {
  const last = path.at(-1) ?? '';
  let inside: unknown = root;
  for (const key of path.slice(0, -1)) inside = isHolder(inside, key) ? inside[key] : undefined;
  if (path.length < 2 || !isHolder(inside, last) || inside[last] !== null) {
    throw fail('request.invalid', `There is no null at "${path.join('.')}" for the file.`);
  }
  inside[last] = upload;
}

function isHolder(value: unknown, key: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key);
}
