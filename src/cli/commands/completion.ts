// `dct completion`: a script that teaches a shell this very command line.
import type { Command } from 'commander';
import { bashCompletion } from '../completion-bash.ts';
import { fishCompletion } from '../completion-fish.ts';
import { zshCompletion } from '../completion-zsh.ts';
import { commandShapes, type CommandShape } from '../completion.ts';
import type { Context } from '../context.ts';

const scripts: Readonly<Record<'bash' | 'zsh' | 'fish', (shapes: readonly CommandShape[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completion(context: Context, shell: keyof typeof scripts, program: Command): Promise<void> {
  const script = scripts[shell](commandShapes(program));
  context.console.emit({ lines: script.trimEnd().split('\n'), data: { shell, script } });
  return Promise.resolve();
}
