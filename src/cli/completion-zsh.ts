// Completion for zsh, with descriptions.
import { quoted, type CommandShape, type OptionShape } from './completion.ts';

/** A script to be sourced after `compinit`, or to be kept as `_dct` in a directory of `fpath`. */
export function zshCompletion(shapes: readonly CommandShape[]): string {
  return `#compdef dct
# Completion of dct for zsh. To use it now: source <(dct completion zsh)
_dct_grammar() {
  case $1 in
${shapes.map(caseOf).join('\n')}
  *) return 1 ;;
  esac
}

_dct() {
  local at=dct word expects= files
  local -a verbs flags with_file with_value
  _dct_grammar dct
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ -n $expects ]]; then expects=; continue; fi
    if [[ $word == -* ]]; then
      if (( \${with_file[(Ie)$word]} )); then expects=file; fi
      if (( \${with_value[(Ie)$word]} )); then expects=value; fi
    elif _dct_grammar "$at $word"; then
      at="$at $word"
    fi
  done
  word=\${words[CURRENT]}
  if [[ -z $expects && $word == --*=* ]]; then
    if (( \${with_file[(Ie)\${word%%=*}]} )); then expects=file; else expects=value; fi
    compset -P '*='
  fi
  if [[ $expects == file ]]; then
    compset -P '*='
    _files
  elif [[ $expects == value ]]; then
    _message 'a value'
  elif [[ $word == -* ]]; then
    _describe -o option flags
  else
    if (( \${#verbs} )); then _describe command verbs; fi
    if [[ -n $files ]]; then _files; fi
  fi
}

# Loaded from fpath, this file is the function; sourced, it says what it completes.
if [[ \${funcstack[1]-} == _dct ]]; then _dct "$@"; else compdef _dct dct; fi
`;
}

function caseOf({ path, words, options, takesFiles }: CommandShape): string {
  const wordsWith = (value: OptionShape['value']): string =>
    options.flatMap((option) => (option.value === value ? option.words : [])).join(' ');
  const described = (word: string, text: string): string => quoted(`${word}:${text.replaceAll(':', '\\:')}`);
  const verbs = words.map(({ word, description }) => described(word, description));
  const flags = options.flatMap(({ words: names, description }) =>
    names.map((word) => described(word, description)),
  );
  return `  ${quoted(path)})
    verbs=(${verbs.join(' ')})
    flags=(${flags.join(' ')})
    with_file=(${wordsWith('file')})
    with_value=(${wordsWith('other')})
    files=${takesFiles ? 'yes' : ''}
    ;;`;
}
