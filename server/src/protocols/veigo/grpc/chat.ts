import { MemberRoomDefinition } from '@parley/contracts/public/veigo/member_room';
import { MessageDefinition } from '@parley/contracts/public/veigo/message';
import { ProfileDefinition } from '@parley/contracts/public/veigo/profile';
import { RoomDefinition } from '@parley/contracts/public/veigo/room';
import type { Context } from '../../../kernel/context.ts';
import type { GrpcCall } from '../../../runtime/public-grpc/public-grpc.ts';
import { createMessage, deleteMessage, listMessages, updateMessage } from '../messages.ts';
import { createProfile, deleteProfile, readProfile, updateProfile } from '../profiles.ts';
import { addMembers, createRoom, leaveRoom, listMembers, listRooms, updateRoom } from '../rooms.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import type { AddService } from './add-service.ts';
import { authorizeCall } from './authorize-call.ts';
import { fill, fillPage } from './fill.ts';

/** Profiles, rooms, members and messages: nothing of it without a token. */
export function addChat(add: AddService, deps: VeigoDeps): void {
  /** An operation, done for the one who calls. */
  const guard =
    <A, R, O>(operation: (deps: VeigoDeps, ctx: Context, args: A) => Promise<R>, answer: (result: R) => O) =>
    async (call: GrpcCall, args: A): Promise<O> =>
      answer(await operation(deps, await authorizeCall(deps, call), args));

  add(ProfileDefinition, {
    create: guard(createProfile, fill),
    read: guard(readProfile, fill),
    update: guard(updateProfile, fill),
    delete: guard(deleteProfile, fill),
  });
  add(RoomDefinition, {
    create: guard(createRoom, ({ information, members }) => ({
      information: fill(information),
      members: members.map((member) => fill(member)),
    })),
    list: guard(listRooms, fillPage),
    update: guard(updateRoom, fill),
  });
  add(MemberRoomDefinition, {
    add: guard(addMembers, (members) => ({ members: members.map((member) => fill(member)) })),
    list: guard(listMembers, fillPage),
    leave: guard(leaveRoom, fill),
  });
  add(MessageDefinition, {
    create: guard(createMessage, fill),
    list: guard(listMessages, fillPage),
    update: guard(updateMessage, fill),
    delete: guard(deleteMessage, fill),
  });
}
