import type { Context } from '../../kernel/context.ts';

export interface EchoApi {
  /** Keeps the text of whoever acts; resolves to the one before it, null at the first time. */
  say(ctx: Context, text: string): Promise<string | null>;
}
