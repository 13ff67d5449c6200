/**
 * Resolves with the first truthy answer of `ask`, asking again after every turn of the event loop that brought something, at
 * least every 10 ms. The limit is only there so that a broken program fails by name instead of hanging; no test depends on it.
 */
export async function until<T>(what: string, ask: () => T | Promise<T>, limitMs = 60_000): Promise<NonNullable<T>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as NonNullable<T>;
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
