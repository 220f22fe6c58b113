// Commands about the runtimes behind the proxy: their settings, the authority that they trust, and the proof that it holds.
import { Argument, type Command } from 'commander';
import type { DoctorOptions } from '../commands/doctor.ts';
import type { ProxyCaOptions } from '../commands/proxy-ca.ts';
import type { ProxyConfigOptions } from '../commands/proxy-config.ts';
import type { RuntimeName } from '../runtime-settings/settings-for.ts';
import { repeatable } from './options.ts';
import type { Run } from './run.ts';

const registry = '--registry <host[:port]>';

/** Options of `dct proxy` for clients that use it as their HTTP proxy. */
export function addTunnelOptions(proxy: Command): void {
  proxy
    .option(
      '--intercept',
      'serve clients that use this as their HTTP proxy: play the TLS server of the registries',
    )
    .addOption(repeatable('--tunnel <host[:port]>', 'other host that such clients may reach, unseen'))
    .option('--tunnel-others', 'let them reach every other public host on port 443, unseen');
}

/** What `proxy` has as an option too, like --registry, arrives there; the commands below look in both places. */
export function addRuntimeCommands(program: Command, proxy: Command, run: Run): void {
  proxy
    .command('config')
    .summary('settings with which a runtime pulls through the proxy only')
    .description(
      'Print the settings with which a runtime pulls through the proxy, and from nowhere else when it refuses.',
    )
    .addArgument(
      new Argument('<runtime>', 'what pulls').choices([
        'docker',
        'docker-containerd',
        'containerd',
        'podman',
        'cri-o',
        'compose',
      ] satisfies RuntimeName[]),
    )
    .option('--proxy <url>', 'address of the proxy, as the runtime reaches it', 'http://127.0.0.1:5001')
    .addOption(repeatable(registry, 'registry that the proxy serves'))
    .option('--refuse-others', 'containerd: send every other registry to the proxy too, which refuses them')
    .option('--write <directory>', 'write the files below this directory (/ for this machine) instead')
    .action(async (runtime: RuntimeName, _options: unknown, command: Command) => {
      const options: ProxyConfigOptions = command.optsWithGlobals();
      await run(async (context) =>
        (await import('../commands/proxy-config.ts')).proxyConfig(context, runtime, options),
      );
    });

  proxy
    .command('ca')
    .summary('the authority that clients of --intercept have to trust')
    .description(
      'Print the path of the certificate that clients have to trust when the proxy runs with --intercept.',
    )
    .addOption(repeatable(registry, 'registry that it may vouch for'))
    .option('--renew', 'make a new one; clients have to be told')
    .action(async (_options: unknown, command: Command) => {
      const options: ProxyCaOptions = command.optsWithGlobals();
      await run(async (context) => (await import('../commands/proxy-ca.ts')).proxyCa(context, options));
    });

  program
    .command('doctor')
    .summary('is trust really enforced here?')
    .description(
      'Pull a signed, an unsigned and a tampered image through the runtimes of this machine, and tell what happened.',
    )
    .argument('[image...]', 'pull these, with the settings that the runtime has; some signed, some not')
    .addOption(repeatable('--runtime <name>', 'docker, containerd, podman or skopeo; all that are found'))
    .action(async (images: string[], options: DoctorOptions) => {
      await run(async (context) => (await import('../commands/doctor.ts')).doctor(context, images, options));
    });
}
