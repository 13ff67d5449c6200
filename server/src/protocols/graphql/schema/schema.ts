import { builder } from './builder.ts';
// Each adds its part of the schema to the builder.
import './accounts.ts';
import './attachment.ts';
import './changes.ts';
import './conversations.ts';
import './directory.ts';
import './members.ts';
import './own-account.ts';
import './proofs.ts';
import './search.ts';
import './sending.ts';
import './status.ts';
import '../live/engine/subscription-fields.ts';

export const schema = builder.toSchema();
