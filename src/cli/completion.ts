// What a shell has to know to complete a command line, read from the grammar itself, so that no list is kept by hand.
import type { Argument, Command, Option } from 'commander';

/** One command, with the way to it: `dct key rotate`. */
export interface CommandShape {
  readonly path: string;
  /** Subcommands, and arguments that have a fixed choice of values. */
  readonly words: readonly Completion[];
  /** Its own and those of every command. */
  readonly options: readonly OptionShape[];
  /** Whether files may stand among its arguments. */
  readonly takesFiles: boolean;
}

/** A word, and what it is for. */
export interface Completion {
  readonly word: string;
  readonly description: string;
}

export interface OptionShape {
  /** `--output` and `-o`, the long one first. */
  readonly words: readonly string[];
  /** What has to follow it. */
  readonly value: 'none' | 'file' | 'other';
  readonly description: string;
}

/** Every command of the program, itself first. */
export function commandShapes(program: Command): readonly CommandShape[] {
  const common = program.options.filter(({ long }) => long !== '--version').map(optionShape);
  const shapesOf = (command: Command, above: string): CommandShape[] => {
    const path = `${above}${command.name()}`;
    const own = command === program ? [] : command.options.map(optionShape);
    const version = program.options.filter(({ long }) => command === program && long === '--version');
    const shape: CommandShape = {
      path,
      words: [...command.commands.map(subcommand), ...command.registeredArguments.flatMap(choices)],
      options: [...own, ...common, ...version.map(optionShape), help],
      takesFiles: command.registeredArguments.some((argument) => namesFiles(argument.name())),
    };
    return [shape, ...command.commands.flatMap((below) => shapesOf(below, `${path} `))];
  };
  return shapesOf(program, '');
}

const help: OptionShape = { words: ['--help', '-h'], value: 'none', description: 'explain this command' };

function subcommand(command: Command): Completion {
  const [firstSentence = ''] = command.description().split('. ', 1);
  return { word: command.name(), description: command.summary() || firstSentence };
}

function choices({ argChoices = [], description }: Argument): readonly Completion[] {
  return argChoices.map((word) => ({ word, description }));
}

function optionShape({ long, short, flags, description, required, optional }: Option): OptionShape {
  const value =
    !required && !optional ? 'none' : namesFiles(/[<[].*$/.exec(flags)?.[0] ?? '') ? 'file' : 'other';
  return { words: [long, short].filter((word) => word !== undefined), value, description };
}

/** Values and arguments are named after what they are: `<file>`, `<id|file>`, `<bundle...>`; a `<key>` is an id or a file. */
function namesFiles(name: string): boolean {
  return /\b(?:file|bundle|directory)\b|^key$/.test(name);
}

/** A word of a shell script in single quotes, with nothing in it that the shell would look at. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
