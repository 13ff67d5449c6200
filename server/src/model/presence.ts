/** Whether somebody is there: derived from connections, never stored for good. */
export interface Presence {
  readonly online: boolean;
  /** ISO 8601; null: online, or nobody remembers. */
  readonly lastSeen: string | null;
}

export const neverSeen: Presence = { online: false, lastSeen: null };

/** How long somebody stays online after the last connection has gone, in milliseconds: a page reload is no absence. */
export const presenceGraceMs = 2_000;

/** The presence with its grace: who went a moment ago may be on the way to another hub. `now`: Unix milliseconds. */
export function withGrace(presence: Presence, now: number, graceMs = presenceGraceMs): Presence {
  if (presence.online || presence.lastSeen === null) return presence;
  // Either way round: a clock that is far behind must not keep anybody online.
  const away = Math.abs(now - Date.parse(presence.lastSeen));
  return away < graceMs ? { online: true, lastSeen: null } : presence;
}
