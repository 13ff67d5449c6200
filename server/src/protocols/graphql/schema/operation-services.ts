import type { HttpHalf } from '../../shared/halves.ts';
import type { AttachmentStore } from '../../shared/store-attachment.ts';
import type { OperationDeps } from '../graphql-deps.ts';

/** What resolvers ask. */
export interface OperationServices extends OperationDeps, Pick<HttpHalf, 'presence' | 'status'> {
  /** null: beside the sockets, where nothing is uploaded. */
  readonly attachments: AttachmentStore | null;
}
