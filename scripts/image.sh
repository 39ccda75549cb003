#!/usr/bin/env bash
# Builds and tries the lab's image with docker, podman or buildah, whichever is there:
#
#   scripts/image.sh build      CUDA=1: for NVIDIA GPUs; PLATFORM=linux/arm64: for another machine; BASE, GOPROXY,
#                               PIP_INDEX_URL: other sources (see the Dockerfile)
#   scripts/image.sh layers     what each layer adds, in MB
#   scripts/image.sh test       a container without network: health, token, first cell, two notebooks, another user
#
# ENGINE names the program and IMAGE the image, if the defaults are not wanted. `make image` and `make image-test` call
# this. With buildah, which has no containers to start, the test runs in a network namespace of its own, as root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }
die() { printf 'image: %s\n' "$*" >&2; exit 1; }

engine() {
  if [ -n "${ENGINE:-}" ]; then printf '%s' "$ENGINE"; return; fi
  # A docker program without its daemon is no docker.
  if command -v docker >/dev/null && docker info >/dev/null 2>&1; then printf docker; return; fi
  for e in podman buildah; do
    if command -v "$e" >/dev/null; then printf '%s' "$e"; return; fi
  done
  die "none of docker (with its daemon running), podman and buildah is here"
}
ENGINE=$(engine)
IMAGE=${IMAGE:-contrastlab:$(if [ "${CUDA:-}" = 1 ]; then printf cuda; else printf latest; fi)}

build() {
  local flags=(--tag "$IMAGE") name
  # The OCI format of podman and buildah has no health check, and buildah keeps no layers unless told.
  case $ENGINE in podman) flags+=(--format docker) ;; buildah) flags+=(--format docker --layers) ;; esac
  if [ -n "${PLATFORM:-}" ]; then flags+=(--platform "$PLATFORM"); fi
  for name in BASE CUDA GOPROXY PIP_INDEX_URL; do
    if [ -n "${!name:-}" ]; then flags+=(--build-arg "$name=${!name}"); fi
  done
  "$ENGINE" build "${flags[@]}" .
  say "$IMAGE is built; start it:"
  printf '%s\n' "docker run --rm -it -p 127.0.0.1:8888:8888 -v contrastlab:/home/jovyan $IMAGE"
}

layers() {
  case $ENGINE in
    docker)
      docker history --no-trunc --human=false --format '{{.Size}} {{.CreatedBy}}' "$IMAGE" |
        awk '{ size = $1; sum += size; $1 = ""; if (size > 0) printf "%8.0f %s\n", size / 1e6, substr($0, 1, 101) } END { printf "%8.0f  together\n", sum / 1e6 }'
      ;;
    podman) podman save --quiet --format docker-archive "$IMAGE" | docker/layers.py ;;
    buildah) buildah push --quiet "$IMAGE" docker-archive:/dev/stdout | docker/layers.py ;;
  esac
}

# --- the test ---------------------------------------------------------------------------------------------------------
box=contrastlab-test-$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
kept=$box-home # the volume over the home folder

# start FLAG...: a container of the image, without network, its server running. buildah runs one command at a time in
# a root file system; that the server and the others meet, they owe to the namespaces of try_image.
start() {
  if [ "$ENGINE" = buildah ]; then
    buildah from --pull-never --name "$box" "$IMAGE" >/dev/null
    buildah run --env JUPYTER_TOKEN="$token" "$@" "$box" -- tini -s -g -- /opt/contrastlab/docker/start.sh >"$logs" 2>&1 &
  else
    "$ENGINE" run --detach --name "$box" --network none -e JUPYTER_TOKEN="$token" "$@" "$IMAGE" >/dev/null
  fi
  local tries=0
  until healthy; do
    tries=$((tries + 1))
    if [ "$tries" = 60 ]; then
      if [ "$ENGINE" != buildah ]; then "$ENGINE" logs "$box" >"$logs" 2>&1; fi
      cat "$logs" >&2
      die "not healthy after a minute"
    fi
    sleep 1
  done
}

healthy() {
  case $ENGINE in
    docker) [ "$(docker inspect --format '{{.State.Health.Status}}' "$box")" = healthy ] ;;
    podman) podman healthcheck run "$box" >/dev/null 2>&1 ;;
    buildah) buildah run --user root "$box" -- /opt/contrastlab/docker/healthcheck.py >/dev/null 2>&1 ;;
  esac
}

# enter COMMAND...: runs it in the container, in $work, with the flags of $as.
enter() {
  if [ "$ENGINE" = buildah ]; then
    buildah run --workingdir "$work" "${as[@]}" "$box" -- "$@"
  else
    "$ENGINE" exec --workdir "$work" "${as[@]}" "$box" "$@"
  fi
}

stop() {
  if [ "$ENGINE" = buildah ]; then
    # The server wrote its number down; in this namespace it is one of ours.
    # shellcheck disable=SC2016 # it is the shell inside that expands
    buildah run --user root "$box" -- bash -c 'kill $(sed -n "s/.*\"pid\": \([0-9]*\).*/\1/p" "$JUPYTER_RUNTIME_DIR"/jpserver-*.json)'
    wait
    buildah rm "$box" >/dev/null
  else
    "$ENGINE" rm --force "$box" >/dev/null
  fi
}

clean_up() {
  if [ "$ENGINE" = buildah ]; then
    buildah rm "$box" >/dev/null 2>&1 || true
  else
    "$ENGINE" rm --force "$box" >/dev/null 2>&1 || true
    "$ENGINE" volume rm "$kept" >/dev/null 2>&1 || true
  fi
  rm -rf "$scratch"
}

try_image() {
  if [ "$ENGINE" = buildah ] && [ -z "${ALONE:-}" ]; then
    [ "$(id -u)" = 0 ] || die "with buildah the test needs root; podman needs none"
    exec env ALONE=1 unshare --net --pid --fork --kill-child --mount --mount-proc "$PWD/scripts/image.sh" test
  fi
  if [ -n "${ALONE:-}" ]; then ip link set lo up; fi
  scratch=$(mktemp -d)
  logs=$scratch/log
  trap clean_up EXIT
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  local volume=$kept
  if [ "$ENGINE" = buildah ]; then volume=$scratch/home && mkdir "$volume"; fi

  say "a fresh container, as the class has it: no network, no capabilities"
  work=/home/jovyan/work as=(--user jovyan)
  if [ "$ENGINE" = buildah ]; then start; else start --cap-drop ALL --security-opt no-new-privileges; fi
  say "healthy after $SECONDS s"
  enter /opt/contrastlab/docker/firstcell.py "$token"
  say "XLA, with a program that go kept when the image was made"
  enter go run ./internal/setup backend
  say "two notebooks, in quick mode"
  enter go run ./internal/notebook/run notebooks/00-tour.ipynb notebooks/01-pairs-and-cosine.ipynb
  if enter lab help dev >/dev/null 2>&1; then
    say "the exercises"
    enter lab dev verify
  fi
  stop

  say "another user, over whose home lies a volume"
  work=/home/ada/work as=(--user ada --env HOME=/home/ada)
  local flags=(--user root --env NB_USER=ada --env NB_UID=1234 --env NB_GID=4321 --volume "$volume:/home/ada")
  if [ "$ENGINE" = buildah ]; then as+=(--volume "$volume:/home/ada"); fi
  start "${flags[@]}"
  [ "$(enter stat -c %U:%u:%g . go.mod | sort -u)" = ada:1234:4321 ] || die "the work folder is not ada's: $(enter stat -c %U:%u:%g . go.mod)"
  enter /opt/contrastlab/docker/firstcell.py "$token"
  enter bash -c 'echo mine >notebooks/mine.txt && rm lessons/README.md'
  stop
  start "${flags[@]}"
  [ "$(enter cat notebooks/mine.txt)" = mine ] || die "what ada wrote is gone"
  if enter test -e lessons/README.md 2>/dev/null; then die "what ada removed came back"; fi
  stop
  say "the image passes"
}

case ${1:-} in
  build) build ;;
  layers) layers ;;
  test) try_image ;;
  *) die "usage: scripts/image.sh build | layers | test" ;;
esac
