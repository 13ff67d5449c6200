/**
 * Shares the machine's cores among what wants to run: work says how many it keeps busy (`load`; what mostly waits keeps half a
 * one, or less) and begins when there is room. Who asked first is asked first; small work goes past what does not fit yet.
 *
 * @param {number} count
 */
export function createCores(count) {
  let used = 0;
  let waiting = [];

  function admit() {
    for (const entry of [...waiting]) {
      // Alone, anything fits.
      if (used > 0 && used + entry.load > count) {
        if (entry.urgent) return;
        continue;
      }
      waiting = waiting.filter((other) => other !== entry);
      used += entry.load;
      entry.begin();
    }
  }

  async function enter(load, urgent, work) {
    await new Promise((begin) => {
      const entry = { load, urgent, begin };
      waiting = urgent ? [entry, ...waiting] : [...waiting, entry];
      admit();
    });
    try {
      return await work();
    } finally {
      used -= load;
      admit();
    }
  }

  return {
    /** Runs `work` beside other work. */
    use: (load, work) => enter(load, false, work),
    /** Runs `work` with nothing beside it; what waits lets it pass. */
    alone: (work) => enter(count, true, work),
  };
}
