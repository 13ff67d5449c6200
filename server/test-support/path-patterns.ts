/** Patterns of paths as the routers take them: `/a/:b` has a parameter, a `*` at the end stands for whatever follows. */
const segmentsOf = (pattern: string): readonly string[] => pattern.split('/');

const isParameter = (segment: string): boolean => segment.includes(':');

/** Whether some path matches both. */
export function patternsMeet(one: string, other: string): boolean {
  const a = segmentsOf(one);
  const b = segmentsOf(other);
  for (let i = 0; ; i++) {
    const [x, y] = [a[i], b[i]];
    if (x === undefined || y === undefined) return x === y;
    if (x === '*' || y === '*') return true;
    if (x !== y && !isParameter(x) && !isParameter(y)) return false;
  }
}

/** Whether every path of the second is one of the first. */
export function patternCovers(pattern: string, other: string): boolean {
  const a = segmentsOf(pattern);
  const b = segmentsOf(other);
  for (let i = 0; ; i++) {
    const [x, y] = [a[i], b[i]];
    if (x === '*') return true;
    if (x === undefined || y === undefined) return x === y;
    if (x !== y && (!isParameter(x) || y === '*')) return false;
  }
}
