#!/usr/bin/env bash
# workfolder.sh LAB WORK: puts a copy of the lab into an empty work folder, for the learner to change, and never
# touches what is there otherwise. A copy that was interrupted is done again. The virtual environment stays where it is,
# behind a link.
set -euo pipefail
lab=$1 work=$2
unfinished=$work/.copying

say() { printf 'lab: %s\n' "$*" >&2; }

# A new disk has lost+found.
if [ -e "$unfinished" ] || [ -z "$(find "$work" -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]; then
  touch "$unfinished"
  find "$lab" -mindepth 1 -maxdepth 1 ! -name .venv -exec cp -R {} "$work/" \;
  rm "$unfinished"
fi
if ! grep -qs '^module github.com/contrastlab/contrastlab$' "$work/go.mod"; then
  say "the work folder holds something else than the lab, which stays as it is; the lab can be read in $lab"
  exit 0
fi
if [ ! -e "$work/.venv" ] && ! ln -sfn "$lab/.venv" "$work/.venv"; then
  say "the work folder's disk has no links: notebooks work, \`make\` does not"
fi
if ! cmp -s "$lab/.image" "$work/.image"; then
  say "this work folder comes from another version of the image; newer files can be copied from $lab"
fi
