import { AuthenticationDefinition } from '@parley/contracts/public/veigo/authentication';
import {
  changePassword,
  deleteAccount,
  type Entered,
  forgetPassword,
  listDevices,
  refreshToken,
  resetPassword,
  sendEmailVerification,
  signIn,
  signOut,
  signUp,
  validateAccessToken,
  validateOtp,
  verifyEmail,
} from '../accounts.ts';
import type { VeigoDeps } from '../veigo-deps.ts';
import type { AddService } from './add-service.ts';
import { authorizeCall } from './authorize-call.ts';
import { fill, fillPage } from './fill.ts';

const nothing = {};

export function addAuthentication(add: AddService, deps: VeigoDeps): void {
  add(AuthenticationDefinition, {
    signUp: async (call, request) => enter(await signUp(deps, call.ctx, request)),
    signIn: async (call, request) => enter(await signIn(deps, call.ctx, request)),
    listDevices: async (call, page) => fillPage(await listDevices(deps, await authorizeCall(deps, call), page)),
    changePassword: async (call, request) => {
      await changePassword(deps, await authorizeCall(deps, call), request);
      return nothing;
    },
    forgetPassword: async (call, request) => {
      await forgetPassword(deps, call.ctx, request);
      return nothing;
    },
    resetPassword: async (call, request) => {
      await resetPassword(deps, call.ctx, request);
      return nothing;
    },
    sendEmailVerification: async (call, request) => {
      await sendEmailVerification(deps, call.ctx, request);
      return nothing;
    },
    verifyEmail: async (call, request) => {
      await verifyEmail(deps, call.ctx, request);
      return nothing;
    },
    validateAccessToken: async (call, request) => {
      await validateAccessToken(deps, call.ctx, request);
      return nothing;
    },
    validateOTP: async (call, request) => {
      await validateOtp(deps, call.ctx, request);
      return nothing;
    },
    refreshToken: async (call, request) => refreshToken(deps, call.ctx, request),
    signOut: async (call, request) => {
      await signOut(deps, await authorizeCall(deps, call), request);
      return nothing;
    },
    deleteAccount: async (call) => {
      const ctx = await authorizeCall(deps, call);
      // The request has no field for it, and may get none: foreign clients have it compiled in.
      return fill(await deleteAccount(deps, ctx, { password: call.metadata('password') }));
    },
  });
}

const enter = ({ account, token }: Entered) => ({ account: fill(account), token });
