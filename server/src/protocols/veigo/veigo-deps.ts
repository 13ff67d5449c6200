import type { Log } from '../../kernel/log.ts';
import type { Metrics } from '../../kernel/metrics.ts';
import type { ChatApi, SendMessages } from '../../services/chat/api.ts';
import type { IdentityApi } from '../../services/identity/api.ts';
import type { PeopleApi } from '../../services/people/api.ts';
import type { ProfileReader } from '../shared/profile-reader.ts';

/** What the operations of this folder are done with, whichever way they were asked for. */
export interface VeigoDeps {
  readonly identity: IdentityApi;
  readonly people: PeopleApi;
  readonly chat: ChatApi & SendMessages;
  readonly profiles: ProfileReader;
  readonly log: Log;
  readonly metrics: Metrics;
}
