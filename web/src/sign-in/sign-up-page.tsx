import { client } from '../client.ts';
import { TextField } from '../components/text-field.tsx';
import { text } from '../text.ts';
import { deviceName } from './device-name.ts';
import { SignInForm } from './sign-in-form.tsx';

export function SignUpPage() {
  const words = text.signUp;
  return (
    <SignInForm
      words={words}
      otherPath="/app/sign-in"
      onSubmit={(field) => {
        const [name, email] = [field('name'), field('email')];
        return client.signUp({
          username: field('username'),
          password: field('password'),
          device: deviceName(navigator.userAgent),
          ...(name ? { name } : {}),
          ...(email ? { email } : {}),
        });
      }}
    >
      {(problem) => (
        <>
          <TextField
            name="name"
            label={words.name}
            autoComplete="name"
            maxLength={100}
            error={problem('name')}
            autoFocus
          />
          <TextField
            name="username"
            label={words.username}
            hint={words.usernameHint}
            autoComplete="username"
            autoCapitalize="none"
            pattern="[A-Za-z0-9_.\-]{3,32}"
            title={words.usernameHint}
            error={problem('username')}
            required
          />
          <TextField name="email" type="email" label={words.email} autoComplete="email" error={problem('email')} />
          <TextField
            name="password"
            type="password"
            label={text.signIn.password}
            hint={words.passwordHint}
            autoComplete="new-password"
            minLength={8}
            error={problem('password')}
            required
          />
        </>
      )}
    </SignInForm>
  );
}
