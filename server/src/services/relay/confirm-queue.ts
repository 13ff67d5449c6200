/** A batch on its way through the bus. */
export interface Flight {
  readonly endLsn: bigint;
  landed: boolean;
}

/**
 * How far the bus has everything (MESSAGE-PATH rule 10): batches may land in any order, but only an unbroken row of landed
 * ones moves `confirmed`. Counter-example: confirming the batch that landed last loses the one before it on a crash.
 */
export interface ConfirmQueue {
  readonly confirmed: bigint;
  readonly empty: boolean;
  /** `endLsn` null: a batch that ends within a transaction confirms nothing new. */
  depart(endLsn: bigint | null): Flight;
  land(flight: Flight): void;
}

export function createConfirmQueue(from: bigint): ConfirmQueue {
  const flights: Flight[] = [];
  let confirmed = from;
  let last = from;
  return {
    get confirmed() {
      return confirmed;
    },
    get empty() {
      return flights.length === 0;
    },
    depart(endLsn) {
      if (endLsn !== null && endLsn > last) last = endLsn;
      const flight = { endLsn: last, landed: false };
      flights.push(flight);
      return flight;
    },
    land(flight) {
      flight.landed = true;
      while (flights[0]?.landed) confirmed = flights.shift()!.endLsn;
    },
  };
}
