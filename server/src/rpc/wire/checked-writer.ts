import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { WireError } from './shapes.ts';

/** Writes what arrives as it was, and throws a WireError for what would not. */
export class CheckedWriter extends BinaryWriter {
  /**
   * Half of a surrogate pair has no UTF-8: it would arrive as another character, so that what a service refuses in process it would
   * accept over the wire.
   */
  override string(value: string): this {
    if (!value.isWellFormed()) throw new WireError('a text holds half of a surrogate pair');
    return super.string(value);
  }

  override int64(value: Parameters<BinaryWriter['int64']>[0]): this {
    if (!Number.isSafeInteger(value)) throw new WireError(`${value} is no whole number`);
    return super.int64(value);
  }
}
