/**
 * A deep copy of plain data: what would arrive had the value been encoded and decoded. Objects, arrays, maps, sets and bytes;
 * anything that could not cross a wire (functions, class instances) throws a TypeError, in process as well.
 */
export function copyValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new TypeError(`a ${typeof value} cannot be sent to a service`);
    return value;
  }
  if (Array.isArray(value)) return value.map(copyValue);
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [copyValue(key), copyValue(item)]));
  if (value instanceof Set) return new Set([...value].map(copyValue));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`a ${value.constructor.name} cannot be sent to a service`);
  // Spreading is far quicker than adding one by one, and defines even a `__proto__` that hostile JSON may hold as a plain member.
  const copy: Record<string, unknown> = { ...value };
  for (const key of Object.keys(copy)) {
    const item = copy[key];
    if (typeof item === 'object' || typeof item === 'function' || typeof item === 'symbol') copy[key] = copyValue(item);
  }
  return copy;
}
