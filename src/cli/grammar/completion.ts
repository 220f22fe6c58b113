// The command that teaches shells the command line.
import { Argument, type Command } from 'commander';
import type { Run } from './run.ts';

export function addCompletionCommand(program: Command, run: Run): void {
  program
    .command('completion')
    .summary('print the completion of this command line for a shell')
    .description(
      'Print a script that completes commands, options and files. For bash: source <(dct completion bash) in ~/.bashrc; for zsh the same in ~/.zshrc, after compinit; for fish: dct completion fish | source in config.fish.',
    )
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh', 'fish']))
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      await run(async (context) =>
        (await import('../commands/completion.ts')).completion(context, shell, program),
      );
    });
}
