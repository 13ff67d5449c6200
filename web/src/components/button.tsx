import type { ButtonHTMLAttributes, ComponentPropsWithRef } from 'react';
import { Icon } from './icon.tsx';

const kinds = {
  primary: 'bg-accent text-accent-ink hover:opacity-90',
  plain: 'border border-line bg-raised hover:bg-hover',
  danger: 'border border-line bg-raised text-bad hover:bg-bad-soft',
  quiet: 'text-accent hover:underline',
} as const;

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: keyof typeof kinds;
}

export function Button({ kind = 'plain', className = '', type = 'button', ...rest }: ButtonProps) {
  const size = kind === 'quiet' ? 'px-1' : 'px-4 min-h-10';
  return (
    <button
      type={type}
      className={`inline-flex items-center justify-center gap-2 rounded-xl font-medium transition-colors disabled:opacity-50 ${size} ${kinds[kind]} ${className}`}
      {...rest}
    />
  );
}

interface IconButtonProps extends ComponentPropsWithRef<'button'> {
  icon: Parameters<typeof Icon>[0]['name'];
  label: string;
}

export function IconButton({ icon, label, className = '', type = 'button', ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={`inline-flex size-10 shrink-0 items-center justify-center rounded-xl text-muted transition-colors hover:bg-hover hover:text-ink disabled:opacity-40 ${className}`}
      {...rest}
    >
      <Icon name={icon} />
    </button>
  );
}
