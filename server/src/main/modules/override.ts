/** An api of which some methods are done here. */
export function override<T extends object>(api: T, own: Partial<T>): T {
  return new Proxy(api, { get: (target, method) => own[method as keyof T] ?? target[method as keyof T] });
}
