import { fileURLToPath } from 'node:url';
import { loadSync } from '@grpc/proto-loader';
import { describe, expect, test } from 'vitest';

/**
 * Veigo's clients have the reference's names and numbers compiled in; a test that reads our protos on both sides would not see another
 * number. A field is `name=number`, of a string unless it says otherwise; `[]` after it: repeated.
 */
const messages = {
  'common_objects.EmptyObject': '',
  'common_objects.PaginationRequest': 'cursor=1 size=2:INT32',
  'common_objects.PaginationResponse': 'cursor=1 hasMore=2:BOOL',
  'health_check.HealthCheckResponse': 'status=1:ServingStatus',
  'authentication_objects.AccountObject':
    'id=1 email=2 isEmailVerified=3:BOOL phone=4 isPhoneVerified=5:BOOL createdAt=7 updatedAt=8',
  'authentication_objects.TokenObject': 'access=1 refresh=2',
  'authentication_objects.DeviceObject': 'clientId=1',
  'authentication_objects.DeviceObjectPage': 'records=1:DeviceObject[] metadata=2:PaginationResponse',
  'authentication.SignUpRequest': 'email=1 password=2 clientId=3 phone=4',
  'authentication.SignInRequest': 'email=1 password=2 clientId=3',
  'authentication.AuthenticationResponse': 'account=1:AccountObject token=2:TokenObject',
  'authentication.ChangePasswordRequest': 'oldPassword=1 newPassword=2',
  'authentication.ForgetPasswordRequest': 'email=1',
  'authentication.ResetPasswordRequest': 'email=1 otp=2 newPassword=3',
  'authentication.SendEmailVerificationRequest': 'email=1',
  'authentication.VerifyEmailRequest': 'email=1 otp=2',
  'authentication.TokenRequest': 'token=1',
  'authentication.ValidateOTPRequest': 'email=1 otp=2',
  'authentication.SignOutRequest': 'clientId=1 olderClientId=2',
  'chat_objects.RoomObject': 'id=1 photoPath=2 name=3 description=4 type=5 privacy=6 createdAt=7 updatedAt=8',
  'chat_objects.ProfileObject': 'id=1 photoPath=2 name=3 about=4 createdAt=5 updatedAt=6',
  'chat_objects.MessageObject': 'id=1 roomId=2 senderId=3 content=4 createdAt=5 updatedAt=6',
  'chat_objects.MemberRoomObject': 'memberId=1 roomId=2 createdAt=3 updatedAt=4',
  'chat_objects.RoomObjectPage': 'records=1:RoomObject[] metadata=2:PaginationResponse',
  'chat_objects.ProfileObjectPage': 'records=1:ProfileObject[] metadata=2:PaginationResponse',
  'chat_objects.MessageObjectPage': 'records=1:MessageObject[] metadata=2:PaginationResponse',
  'chat_objects.MemberRoomObjectPage': 'records=1:MemberRoomObject[] metadata=2:PaginationResponse',
  'profile.CreateRequest': 'photoPath=2 name=3 about=4',
  'profile.ReadRequest': 'id=1',
  'profile.UpdateRequest': 'id=1 photoPath=2 name=3 about=4',
  'profile.DeleteRequest': 'id=1',
  'room.CreateRequest': 'photoPath=1 name=2 description=3 type=4 privacy=5 members=6[]',
  'room.CreateResponse': 'information=1:RoomObject members=2:MemberRoomObject[]',
  'room.UpdateRequest': 'id=1 photoPath=2 name=3 description=4 privacy=5',
  'member_room.AddRequest': 'roomId=1 membersId=2[]',
  'member_room.AddResponse': 'members=1:MemberRoomObject[]',
  'member_room.ListRequest': 'roomId=1 page=2:PaginationRequest',
  'member_room.LeaveRequest': 'roomId=1',
  'message.CreateRequest': 'roomId=1 content=2',
  'message.ListRequest': 'roomId=1 page=2:PaginationRequest',
  'message.UpdateRequest': 'roomId=1 messageId=2 content=3',
  'message.DeleteRequest': 'roomId=1 messageId=2',
} as const;

/** `Call(request) -> answer`. */
const services = {
  'health_check.HealthCheck': ['Check(EmptyObject) -> HealthCheckResponse'],
  'authentication.Authentication': [
    'SignUp(SignUpRequest) -> AuthenticationResponse',
    'SignIn(SignInRequest) -> AuthenticationResponse',
    'ListDevices(PaginationRequest) -> DeviceObjectPage',
    'ChangePassword(ChangePasswordRequest) -> EmptyObject',
    'ForgetPassword(ForgetPasswordRequest) -> EmptyObject',
    'ResetPassword(ResetPasswordRequest) -> EmptyObject',
    'SendEmailVerification(SendEmailVerificationRequest) -> EmptyObject',
    'VerifyEmail(VerifyEmailRequest) -> EmptyObject',
    'ValidateAccessToken(TokenRequest) -> EmptyObject',
    'ValidateOTP(ValidateOTPRequest) -> EmptyObject',
    'RefreshToken(TokenRequest) -> TokenObject',
    'SignOut(SignOutRequest) -> EmptyObject',
    'DeleteAccount(EmptyObject) -> AccountObject',
  ],
  'profile.Profile': [
    'Create(CreateRequest) -> ProfileObject',
    'Read(ReadRequest) -> ProfileObject',
    'Update(UpdateRequest) -> ProfileObject',
    'Delete(DeleteRequest) -> ProfileObject',
  ],
  'room.Room': [
    'Create(CreateRequest) -> CreateResponse',
    'List(PaginationRequest) -> RoomObjectPage',
    'Update(UpdateRequest) -> RoomObject',
  ],
  'member_room.MemberRoom': [
    'Add(AddRequest) -> AddResponse',
    'List(ListRequest) -> MemberRoomObjectPage',
    'Leave(LeaveRequest) -> MemberRoomObject',
  ],
  'message.Message': [
    'Create(CreateRequest) -> MessageObject',
    'List(ListRequest) -> MessageObjectPage',
    'Update(UpdateRequest) -> MessageObject',
    'Delete(DeleteRequest) -> MessageObject',
  ],
} as const;

interface Field {
  readonly name: string;
  readonly number: number;
  readonly label: string;
  readonly type: string;
  readonly typeName: string;
}
interface Known {
  readonly format?: string;
  readonly type: {
    readonly name: string;
    readonly field: readonly Field[];
    readonly value: readonly { readonly name: string; readonly number: number }[];
  };
}
interface Call {
  readonly requestType: Known;
  readonly responseType: Known;
}

const packages = ['authentication', 'profile', 'room', 'member_room', 'message', 'health_check'];
const found = loadSync(
  packages.map((name) => `veigo/${name}.proto`),
  { includeDirs: [fileURLToPath(new URL('../../../contracts/public/proto', import.meta.url))] },
) as unknown as Readonly<Record<string, Known>>;

const inner = (typeName: string) => typeName.split('.').at(-1);

function writeField({ name, number, label, type, typeName }: Field): string {
  const kind = typeName ? inner(typeName) : type.replace('TYPE_', '');
  return `${name}=${number}${kind === 'STRING' ? '' : `:${kind}`}${label === 'LABEL_REPEATED' ? '[]' : ''}`;
}

const find = <T>(names: object, write: (name: string) => T) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, found[name] && write(name)]));

describe('the protos of Veigo', () => {
  test('have the fields of the reference, with their numbers and types', () => {
    expect(find(messages, (name) => found[name]?.type.field.map(writeField).join(' '))).toEqual(messages);
    const states = found['health_check.ServingStatus']?.type.value;
    expect(states?.map(({ name, number }) => `${name}=${number}`)).toEqual(['UNKNOWN=0', 'SERVING=1', 'NOT_SERVING=2']);
  });

  test('have its calls', () => {
    const calls = find(services, (name) =>
      Object.entries(found[name] as unknown as Readonly<Record<string, Call>>).map(
        ([call, { requestType, responseType }]) => `${call}(${requestType.type.name}) -> ${responseType.type.name}`,
      ),
    );
    expect(calls).toEqual(services);
  });

  test('hold nothing else', () => {
    const known = [...Object.keys(messages), ...Object.keys(services), 'health_check.ServingStatus'];
    expect(Object.keys(found).sort()).toEqual(known.sort());
  });
});
