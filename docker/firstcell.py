#!/usr/bin/env python3
"""Tries a running lab as a browser does: asks with and without the token, runs the first package cell of a notebook.

firstcell.py TOKEN: run inside the container, where the health check knows the server's address. Prints what it found
and the seconds that the cells took; the first thing that is not as it should be ends it with exit code 1.
"""
import glob
import json
import os
import sys
import time
import urllib.error
import urllib.request
import uuid

import websocket

SETUP = '!*rm -f go.work; go work init . "$(cd "$GONB_DIR" && dirname "$(go env GOMOD)")"\n%noautoget'
PACKAGE = """import (
	"fmt"

	"github.com/contrastlab/contrastlab/datasets"
	"github.com/contrastlab/contrastlab/pkg/contrastive"
)

%%
backend := contrastive.MustBackend()
fmt.Println("computes on", backend.Name(), "with", datasets.MustOpen("emoji").Train().Len(), "pictures")
"""

token = sys.argv[1]
file = max(glob.glob(os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], "jpserver-*.json")), key=os.path.getmtime)
with open(file, encoding="utf-8") as f:
    server = json.load(f)
base = f"http://127.0.0.1:{server['port']}{server['base_url']}"


def ask(path, with_token=True, data=None):
    headers = {"Authorization": "token " + token} if with_token else {}
    request = urllib.request.Request(base + path, headers=headers, data=None if data is None else json.dumps(data).encode())
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


for path in ("api/contents", "api/kernels", "api/terminals"):
    try:
        ask(path, with_token=False)
        sys.exit(f"{path} is answered without the token")
    except urllib.error.HTTPError as refused:
        if refused.code != 403:
            raise
print("without the token: refused")

seen = {entry["name"] for entry in ask("api/contents")["content"]}
if not {"notebooks", "lessons", "pkg", "go.mod"} <= seen:
    sys.exit(f"the work folder lacks a part of the lab: {sorted(seen)}")
print("the work folder holds the lab")

default = ask("api/kernelspecs")["default"]
if default != "gonb":
    sys.exit(f"the kernel for new notebooks is {default}")
kernel = ask("api/kernels", data={"name": "gonb", "path": "notebooks/new.ipynb"})["id"]
channel = websocket.create_connection(
    f"{base.replace('http', 'ws', 1)}api/kernels/{kernel}/channels", header=["Authorization: token " + token], timeout=300
)


def run(code):
    """Runs one cell; returns its text output and its seconds."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": "try", "version": "5.3"}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    start = time.monotonic()
    channel.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}))
    text, replied, idle = "", False, False
    while not (replied and idle):
        message = json.loads(channel.recv())
        if message["parent_header"].get("msg_id") != header["msg_id"]:
            continue
        content = message["content"]
        if message["msg_type"] == "stream":
            text += content["text"]
        elif message["msg_type"] == "error":
            text += content["ename"] + ": " + content["evalue"]
        elif message["msg_type"] == "execute_reply":
            replied = True
            if content["status"] != "ok":
                sys.exit("the cell failed:\n" + text)
        elif message["msg_type"] == "status":
            idle = content["execution_state"] == "idle"
    return text, time.monotonic() - start


_, seconds = run(SETUP)
print(f"set-up cell: {seconds:.1f} s")
text, seconds = run(PACKAGE)
if "computes on" not in text:
    sys.exit("the package cell printed:\n" + text)
print(text.strip().splitlines()[-1])
print(f"first package cell: {seconds:.1f} s (the aim on two cores: at most 6)")
_, seconds = run(PACKAGE)
print(f"the same again: {seconds:.1f} s")
