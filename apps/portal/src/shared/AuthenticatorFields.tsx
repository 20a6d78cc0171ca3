import { Field, Input, makeStyles, Text, tokens } from '@fluentui/react-components';
import { Password } from '@sallyport/contracts';
import type { ReactElement } from 'react';
import { Copyable } from './Copyable.tsx';
import { QrCode } from './QrCode.tsx';

const useStyles = makeStyles({
  totp: { display: 'flex', flexDirection: 'column', alignItems: 'center', gap: tokens.spacingVerticalS },
});

export const isPassword = (password: string): boolean => Password.safeParse(password).success;
export const isCode = (code: string): boolean => /^\d{6}$/.test(code.trim());

/** A password that is chosen now, told at once when it will not do. */
export function NewPasswordField(props: {
  label: string;
  password: string;
  onChange: (password: string) => void;
}): ReactElement {
  const checked = Password.safeParse(props.password);
  return (
    <Field
      label={props.label}
      required
      hint="At least 12 characters; a few words are best"
      {...(props.password === '' || checked.success
        ? {}
        : { validationState: 'error' as const, validationMessage: checked.error.issues[0]?.message ?? 'not accepted' })}
    >
      <Input
        type="password"
        autoComplete="new-password"
        value={props.password}
        onChange={(_, data) => props.onChange(data.value)}
      />
    </Field>
  );
}

/** The secret of an authenticator app, to be scanned or typed, and the code that proves it was. */
export function AuthenticatorFields(props: {
  /** Undefined while it is being made. */
  totp: { readonly secret: string; readonly uri: string } | undefined;
  code: string;
  onCode: (code: string) => void;
}): ReactElement {
  const styles = useStyles();
  const { totp, code } = props;
  return (
    <>
      {totp && (
        <div className={styles.totp}>
          <Text>Scan this with an authenticator app, or type the secret.</Text>
          <QrCode text={totp.uri} label="QR code of the authenticator secret" />
          <Copyable text={totp.secret} label="secret" />
        </div>
      )}
      <Field label="Code" required hint="The six digits the app shows now">
        <Input
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={6}
          value={code}
          onChange={(_, typed) => props.onCode(typed.value)}
        />
      </Field>
    </>
  );
}
