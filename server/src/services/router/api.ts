import type { Context } from '../../kernel/context.ts';
import type { Delivery } from '../../model/delivery.ts';

/** Turns changes into one delivery per hub that holds a recipient. */
export interface RouterApi {
  /** Ephemeral messages, typing, direct revocations: not durable, not retried. */
  route(ctx: Context, deliveries: readonly Delivery[]): Promise<void>;
}
