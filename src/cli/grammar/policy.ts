// Commands about the policy of a proxy.
import type { Command } from 'commander';
import type { Run } from './run.ts';

export function addPolicyCommands(program: Command, run: Run): void {
  program
    .command('policy')
    .summary('look at the policy of a proxy')
    .description('Look at policy files, which say what a proxy asks for in which repository.')
    .command('check')
    .description('Check a policy file, and show its rules, or those that decide about images.')
    .argument('<file>', 'policy (JSON)')
    .argument('[image...]', '[HOST[:PORT]/]NAME')
    .action(async (file: string, images: string[]) => {
      await run(async (context) =>
        (await import('../commands/policy-check.ts')).policyCheck(context, file, images),
      );
    });
}
