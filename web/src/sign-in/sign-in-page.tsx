import { client } from '../client.ts';
import { TextField } from '../components/text-field.tsx';
import { text } from '../text.ts';
import { deviceName } from './device-name.ts';
import { SignInForm } from './sign-in-form.tsx';

export function SignInPage() {
  return (
    <SignInForm
      words={text.signIn}
      otherPath="/app/sign-up"
      onSubmit={(field) =>
        client.signIn({ login: field('login'), password: field('password'), device: deviceName(navigator.userAgent) })
      }
    >
      {() => (
        <>
          <TextField
            name="login"
            label={text.signIn.login}
            autoComplete="username"
            autoCapitalize="none"
            autoFocus
            required
          />
          <TextField
            name="password"
            type="password"
            label={text.signIn.password}
            autoComplete="current-password"
            required
          />
        </>
      )}
    </SignInForm>
  );
}
