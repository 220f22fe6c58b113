// Completion for bash, version 3.2 and up, without the bash-completion package.
import { quoted, type CommandShape, type OptionShape } from './completion.ts';

/** A script to be sourced. */
export function bashCompletion(shapes: readonly CommandShape[]): string {
  return `# Completion of dct for bash. To use it now: source <(dct completion bash)
_dct_grammar() {
  case $1 in
${shapes.map(caseOf).join('\n')}
  *) return 1 ;;
  esac
}

_dct() {
  local at=dct word expects= after= subcommands options with_file with_value files found
  _dct_grammar dct
  # COMP_WORDBREAKS splits --option=value into three words.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == = ]]; then expects=$after; continue; fi
    if [[ -n $expects ]]; then after=$expects; expects=; continue; fi
    after=
    case $word in
    -*)
      if [[ " $with_file " == *" $word "* ]]; then expects=file; fi
      if [[ " $with_value " == *" $word "* ]]; then expects=value; fi
      after=$expects
      ;;
    *)
      if [[ " $subcommands " == *" $word "* ]]; then at="$at $word"; _dct_grammar "$at"; fi
      ;;
    esac
  done
  word=\${COMP_WORDS[COMP_CWORD]}
  if [[ $word == = ]]; then expects=$after; word=; fi
  local IFS=$' \\n'
  case $expects:$word in
  file:*) found=$(compgen -f -- "$word") ;;
  value:*) found= ;;
  :-*) found=$(compgen -W "$options" -- "$word") ;;
  *) found=$(compgen -W "$subcommands" -- "$word"; [[ -z $files ]] || compgen -f -- "$word") ;;
  esac
  if [[ $expects == file || -n $files && $word != -* ]]; then compopt -o filenames 2>/dev/null; fi
  IFS=$'\\n'
  set -f
  COMPREPLY=($found)
  set +f
}

complete -F _dct dct
`;
}

function caseOf({ path, words, options, takesFiles }: CommandShape): string {
  const wordsWith = (value: OptionShape['value']): string =>
    options.flatMap((option) => (option.value === value ? option.words : [])).join(' ');
  const fields = {
    subcommands: words.map(({ word }) => word).join(' '),
    options: options.flatMap((option) => option.words).join(' '),
    with_file: wordsWith('file'),
    with_value: wordsWith('other'),
    files: takesFiles ? 'yes' : '',
  };
  const assignments = Object.entries(fields).map(([name, value]) => `${name}=${quoted(value)}`);
  return `  ${quoted(path)})\n    ${assignments.join('\n    ')}\n    ;;`;
}
