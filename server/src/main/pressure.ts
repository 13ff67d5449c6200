/** Whether the consumers of the change stream keep up: the relay says so, who appends in the same process slows down by it. */
export interface Pressure {
  behind(): boolean;
  watch(behind: () => boolean): void;
}

/** Never behind, until a relay of this process says otherwise. */
export function createPressure(): Pressure {
  let current = (): boolean => false;
  return {
    behind: () => current(),
    watch(behind) {
      current = behind;
    },
  };
}
