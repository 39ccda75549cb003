#!/usr/bin/env python3
"""Prints what each layer of an image adds, in MB, from the archive that podman and buildah write (docker-archive)."""
import json
import sys
import tarfile

sizes, documents = {}, {}
with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
    for member in archive:
        sizes[member.name] = member.size
        if member.name.endswith(".json") and member.isfile():
            documents[member.name] = json.load(archive.extractfile(member))
image = documents["manifest.json"][0]
steps = [step for step in documents[image["Config"]]["history"] if not step.get("empty_layer")]
for layer, step in zip(image["Layers"], steps):
    print(f"{sizes[layer] / 1e6:8.0f}  {step.get('created_by', 'the base').removeprefix('/bin/sh -c ')[:100]}")
print(f"{sum(sizes[layer] for layer in image['Layers']) / 1e6:8.0f}  together")
