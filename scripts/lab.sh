#!/usr/bin/env bash
# Starts JupyterLab, on this machine only (loopback) and behind a token, and prints its address, which opens in
# notebooks/. It serves the whole checkout, so that a notebook's link to its lesson opens the lesson. Run it through
# `make lab`, which sets up first. PORT chooses another port than 8888; a port that is taken is passed over. LAB_OPEN=1
# opens the browser too. The image sets LAB_IP, the address to listen on, and LAB_ROOT, the checkout to serve.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
VENV=$PWD/.venv
browser=--no-browser
if [ "${LAB_OPEN:-}" = 1 ]; then browser=--ServerApp.open_browser=True; fi
printf 'JupyterLab starts; its address, with the token, follows. Ctrl-C twice stops it.\n'
# Terminals inside find the command lab.
export PATH="$VENV/bin:$PATH"
# The kernel of this venv must win over one of the same name in the home folder.
export JUPYTER_PREFER_ENV_PATH=1 JUPYTER_PATH="$VENV/share/jupyter${JUPYTER_PATH:+:$JUPYTER_PATH}"
exec "$VENV/bin/python" -m jupyterlab "$browser" --ServerApp.ip="${LAB_IP:-127.0.0.1}" --ServerApp.port="${PORT:-8888}" \
  --ServerApp.port_retries=50 --ServerApp.root_dir="${LAB_ROOT:-$PWD}" --LabApp.default_url=/lab/tree/notebooks --ServerApp.allow_root=True --MultiKernelManager.default_kernel_name=gonb \
  --ServerApp.log_level=WARN --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate "$@"
