/** A number of attempts within a time. */
export interface RateLimit {
  readonly attempts: number;
  readonly seconds: number;
}

export type SignUpRule = 'open' | 'invited' | 'closed';

export interface IdentityConfig {
  /** `iss` of the access tokens. */
  readonly issuer: string;
  readonly accessTokenSeconds: number;
  /** A session ends by itself when nobody has used it for so long. */
  readonly sessionDays: number;
  /** How long a mailed code is good for. */
  readonly codeMinutes: number;
  readonly keyRotationDays: number;
  /** Signing keys are sealed with the first and opened with any; none: they are stored as they are. */
  readonly keySecrets: readonly string[];
  /** Usernames that are administrators from their sign-up or the next start on. Register them before you let others in. */
  readonly admins: readonly string[];
  /** Hashes computed at once, and callers that may wait for one, before `service.overloaded`. */
  readonly hashing: { readonly atOnce: number; readonly waiting: number };
  /**
   * Failed sign-ins; a successful one does not count. `perLogin` is of a login at one address, `perLoginAnywhere` slows only the
   * addresses that have failed at it: nobody keeps an owner out by guessing.
   */
  readonly signInLimits: {
    readonly perLogin: RateLimit;
    readonly perLoginAnywhere: RateLimit;
    readonly perAddress: RateLimit;
  };
  /** Who may create accounts: everybody their own; administrators; nobody but who runs the program. */
  readonly signUp: SignUpRule;
  /** Recovery mails asked for one address. */
  readonly recoveryLimit: RateLimit;
}

export const identityDefaults: IdentityConfig = {
  issuer: 'parley',
  accessTokenSeconds: 600,
  sessionDays: 30,
  codeMinutes: 60,
  keyRotationDays: 90,
  keySecrets: [],
  admins: [],
  hashing: { atOnce: 2, waiting: 512 },
  signInLimits: {
    perLogin: { attempts: 20, seconds: 300 },
    perLoginAnywhere: { attempts: 200, seconds: 300 },
    perAddress: { attempts: 100, seconds: 300 },
  },
  signUp: 'open',
  recoveryLimit: { attempts: 5, seconds: 3_600 },
};
