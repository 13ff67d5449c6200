import { client } from '../client.ts';
import { ErrorNote } from '../components/notice.tsx';
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
          <ErrorNote message={client.leaving ? text.signIn.leaving : null} />
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
