import { fail, toFailure } from '../../kernel/errors.ts';
import { maxMessageBytes } from './limits.ts';

/** A request as bytes. Throws `request.too_large`, what the codec refuses it with, and `internal` for what no wire could carry. */
export function encodeRequest<T>(encode: (value: T) => Uint8Array, value: T): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = encode(value);
  } catch (cause) {
    throw toFailure(cause);
  }
  if (bytes.length > maxMessageBytes) throw fail('request.too_large');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
