// Completion for fish, with descriptions.
import type { CommandShape, OptionShape } from './completion.ts';

/** A script to be sourced, or to be kept as `dct.fish` in a directory of `fish_complete_path`. */
export function fishCompletion(shapes: readonly CommandShape[]): string {
  const valued = shapes.flatMap(({ options }) => options.filter(({ value }) => value !== 'none'));
  const words = [...new Set(valued.flatMap((option) => option.words))];
  return `# Completion of dct for fish. To use it now: dct completion fish | source
function __dct_at
    set -l at dct
    set -l value
    for word in (commandline -opc)[2..-1]
        if set -q value[1]
            set -e value
            set -l value
        else if contains -- $word ${words.join(' ')}
            set value yes
        else if contains -- "$at $word" ${shapes.map(({ path }) => quotedForFish(path)).join(' ')}
            set at "$at $word"
        end
    end
    test "$at" = "$argv[1]"
end

complete -c dct -f
${shapes.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ path, words, options, takesFiles }: CommandShape): readonly string[] {
  const at = `complete -c dct -n ${quotedForFish(`__dct_at ${quotedForFish(path)}`)}`;
  return [
    ...(takesFiles ? [`${at} -F`] : []),
    ...words.map(({ word, description }) => `${at} -a ${word} -d ${quotedForFish(description)}`),
    ...options.map((option) => `${at} ${optionFields(option)}`),
  ];
}

function optionFields({ words, value, description }: OptionShape): string {
  const names = words.map((word) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`));
  const follows = { none: '', file: ' -rF', other: ' -x' }[value];
  return `${names.join(' ')}${follows} -d ${quotedForFish(description)}`;
}

/** In single quotes fish looks at the backslash and the quote only. */
function quotedForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
