// Options of one shape, used by several commands.
import { Option } from 'commander';

/** Collecting signatures, in every command that publishes. */
export const offlineBundle = [
  '--offline-bundle <file>',
  'publish nothing: write what is signed here to a file, for others to sign',
] as const;

/** With what a repository begins. */
export const rootKey = ['--root-key <id>', 'for a new repository: the root key that it begins with'] as const;
export const rootCert = [
  '--root-cert <file>',
  "for a new repository: its root key's certificate (PEM), with its chain",
] as const;

/** An option that may be given more than once; its values in the order given. */
export function repeatable(flags: string, description: string): Option {
  const collect = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
    ...(earlier ?? []),
    value,
  ];
  return new Option(flags, `${description} (repeatable)`).argParser(collect);
}
