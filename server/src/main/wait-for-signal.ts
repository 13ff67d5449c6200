/**
 * Resolves at the first SIGTERM or SIGINT, or when the supervisor that began us has gone; a second one ends the process at once.
 */
export function waitForSignal(): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    if (process.connected) process.once('disconnect', onSignal);
  });
}
