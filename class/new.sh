#!/usr/bin/env bash
# new.sh NAME...: makes the files of a class with these learners, and prints each one's address:
#
#   compose.yaml   a container, a volume and a network for each learner, and one TLS entrance (Caddy) before them all
#   Caddyfile      what the entrance passes on to whom
#   .env           the tokens; they are secret, and kept when the script runs again with more names or fewer
#
# Then `docker compose up --detach` in this folder (podman-compose reads the same file). HOST is the name under which
# learners reach this machine, IMAGE the image, CADDY the entrance's (docker/README.md says when podman wants its full
# name); CPUS and MEMORY limit one learner. SECURITY.md says why it is made so.
set -euo pipefail
umask 077
cd "$(dirname "${BASH_SOURCE[0]}")"

HOST=${HOST:-localhost}
IMAGE=${IMAGE:-contrastlab:latest}
CPUS=${CPUS:-2} MEMORY=${MEMORY:-4g}
CADDY=${CADDY:-caddy:2.11.4-alpine@sha256:ad27e531c8b286ff153c0e6e16587a1583e4111bb58c4d83bd73d6d3ef0a0ce1}

die() { printf 'new.sh: %s\n' "$*" >&2; exit 1; }
[ $# -gt 0 ] || die "usage: class/new.sh NAME..."
for name in "$@"; do
  # The name becomes a host name, a part of an address and of a variable.
  [[ $name =~ ^[a-z][a-z0-9]{0,29}$ && $name != proxy && $name != front ]] || die "$name: a learner's name is lower-case letters and digits, and not proxy or front"
done
[ "$(printf '%s\n' "$@" | sort | uniq -d)" = "" ] || die "a name is given twice: $(printf '%s\n' "$@" | sort | uniq -d | head -1)"

touch .env
for name in "$@"; do
  if ! grep -q "^TOKEN_$name=" .env; then
    printf 'TOKEN_%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>.env
  fi
done

{
  cat <<YAML
# Made by class/new.sh. The tokens are in .env.
name: contrastlab-class
x-lab: &lab
  image: $IMAGE
  restart: unless-stopped
  cap_drop: [ALL]
  security_opt: ["no-new-privileges:true"]
  cpus: $CPUS
  mem_limit: $MEMORY
  memswap_limit: $MEMORY
  pids_limit: 1024
  logging: &log
    driver: json-file
    options: {max-size: 10m, max-file: "3"}
services:
  proxy:
    image: $CADDY
    restart: unless-stopped
    logging: *log
    ports: ["80:80", "443:443"]
    volumes: ["./Caddyfile:/etc/caddy/Caddyfile:ro", "proxy:/data"]
    networks: [front$(printf ', %s' "$@")]
YAML
  for name in "$@"; do
    cat <<YAML
  $name:
    <<: *lab
    command: ["--ServerApp.base_url=/$name/"]
    environment: {JUPYTER_TOKEN: "\${TOKEN_$name:?run class/new.sh}"}
    volumes: ["$name:/home/jovyan"]
    networks: [$name]
YAML
  done
  printf '# Internal: a learner reaches neither the Internet nor another learner.\nnetworks:\n  front: {}\n'
  printf '  %s: {internal: true}\n' "$@"
  printf 'volumes:\n  proxy: {}\n'
  printf '  %s: {}\n' "$@"
} >compose.yaml

{
  printf '%s {\n' "$HOST"
  for name in "$@"; do printf '\thandle /%s/* {\n\t\treverse_proxy %s:8888\n\t}\n' "$name" "$name"; done
  printf '\thandle {\n\t\trespond "Your teacher has your address." 404\n\t}\n}\n'
} >Caddyfile
# The entrance reads it as another user.
chmod 644 Caddyfile

for name in "$@"; do
  printf 'https://%s/%s/lab?token=%s\n' "$HOST" "$name" "$(sed -n "s/^TOKEN_$name=//p" .env)"
done
