import type { Context } from '../../kernel/context.ts';
import type { Endpoint } from './create-balancer.ts';
import type { SpreadCall, Ticket } from './spread-call.ts';

/** Items of several calls in one; a single call may bring more, but not to wait. */
const maxPartItems = 1_000;

/** What goes to one instance in one call. */
export class LanePart {
  readonly endpoint: Endpoint;
  readonly tickets: Ticket[] = [];
  readonly items: { readonly call: SpreadCall; readonly index: number }[] = [];
  readonly calls = new Set<SpreadCall>();
  /** The ticket of which a part only is in here. */
  cut: Ticket | null = null;
  #max = maxPartItems;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
  }

  /** False: there is no room for all of the ticket; what there is room for is taken, in order. */
  take(ticket: Ticket): boolean {
    const { call } = ticket;
    this.#max = Math.min(this.#max, call.maxItems);
    const open = call.open(ticket);
    const taken = open.slice(0, Math.max(0, this.#max - this.items.length));
    if (taken.length > 0) {
      this.tickets.push(ticket);
      this.calls.add(call);
      for (const index of taken) this.items.push({ call, index });
    }
    if (taken.length === open.length) return true;
    if (taken.length > 0) this.cut = ticket;
    return false;
  }

  /** That of the only call; of several the time of the most patient, and nobody whose leaving would end it for the others. */
  ctx(): Context {
    const [first, ...others] = [...this.calls].map(({ ctx }) => ctx) as [Context, ...Context[]];
    if (others.length === 0) return first;
    const deadline = Math.max(first.deadline, ...others.map((ctx) => ctx.deadline));
    return { principal: null, requestId: first.requestId, deadline };
  }
}
