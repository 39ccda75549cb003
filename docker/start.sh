#!/usr/bin/env bash
# The image's entry point, under tini: settles who runs, gives that user a copy of the lab to work in, and starts
# JupyterLab there. Options go to JupyterLab; anything else is a command to run in the work folder instead.
#
# Started as root (--user root) it first becomes NB_USER with NB_UID and NB_GID, as the Jupyter images do;
# CHOWN_HOME=yes hands all of the home folder to that user. Nothing else ever runs as root.
set -euo pipefail
LAB=/opt/contrastlab

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# become NAME UID GID COMMAND...: makes the user if it is not there, and runs the command as that user.
become() {
  local user=$1 uid=$2 gid=$3 home=/home/$1
  shift 3
  [[ $user =~ ^[a-z_][a-z0-9_-]{0,31}$ ]] || die "NB_USER=$user is no user name: lower-case letters, digits, - and _"
  [[ $uid =~ ^[1-9][0-9]*$ && $gid =~ ^[0-9]+$ ]] || die "NB_UID=$uid NB_GID=$gid: numbers are wanted, and the lab does not run as root"
  if [ "$(getent passwd "$user" | cut -d: -f3,4)" != "$uid:$gid" ]; then
    if [ "$user" != jovyan ] && getent passwd "$user" >/dev/null; then die "NB_USER=$user is a user of the system: take another name"; fi
    if getent passwd jovyan >/dev/null; then userdel jovyan; fi
    getent group "$gid" >/dev/null || groupadd --gid "$gid" "lab$gid"
    useradd --no-log-init --no-create-home --home-dir "$home" --shell /bin/bash --uid "$uid" --non-unique --gid "$gid" --groups users "$user"
  fi
  mkdir -p "$home/work"
  chown "$uid:$gid" "$home" "$home/work"
  if [ "${CHOWN_HOME:-}" = yes ]; then
    chown -R "$uid:$gid" "$home"
  elif [ -n "$(find "$home/work" -mindepth 1 -maxdepth 1 ! -uid "$uid" ! -name lost+found -print -quit)" ]; then
    say "files in $home/work are another user's: \`-e CHOWN_HOME=yes\` hands them to $user ($uid)"
  fi
  cd "$home/work"
  exec setpriv --reuid "$uid" --regid "$gid" --init-groups env HOME="$home" USER="$user" LOGNAME="$user" "$@"
}

if [ "$(id -u)" = 0 ]; then become "${NB_USER:-jovyan}" "${NB_UID:-1000}" "${NB_GID:-100}" "$0" "$@"; fi

work=$HOME/work
mkdir -p "$work" 2>/dev/null || true
[ -w "$work" ] || die "user $(id -u) may not write to $work. Start with \`--user root -e NB_UID=$(id -u)\`, and with \`-e CHOWN_HOME=yes\` too if the volume is another user's."
if [ ! -w "$HOME" ]; then
  HOME=$(mktemp -d /tmp/home.XXXXXX)
  export HOME
  say "the home folder is not user $(id -u)'s: settings of JupyterLab will not be kept, the work folder is"
fi
"$LAB/docker/workfolder.sh" "$LAB" "$work"
cd "$work"

# An empty token would mean none.
if [ -z "${JUPYTER_TOKEN-unset}" ]; then
  unset JUPYTER_TOKEN
  say "JUPYTER_TOKEN is empty: a random token is used instead"
fi
case ${1:--} in
  # What JupyterLab's extension manager would install has no place to go.
  -*) LAB_IP=0.0.0.0 LAB_ROOT=$work exec "$LAB/scripts/lab.sh" --LabApp.extension_manager=readonly "$@" ;;
  *) exec "$@" ;;
esac
