"""Executes one notebook through its kernel and writes the executed copy; internal/notebook runs it.

python execute.py NOTEBOOK COPY WORKDIR SECONDS [FROM=TO ...]

The copy holds the outputs up to the first error, execution counts from 1, no timings, and no path of this machine:
each FROM in a text output becomes TO. Exit code 0: the copy is written, whatever the cells did; 3: out of time (the
copy is written too). Anything else on the way is a Python error.
"""
import asyncio
import re
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

# A failing `!command` does not fail its cell. With this prefix it leaves a line that the caller looks for; the
# prefix is only in what the kernel gets.
TRAP = "trap 's=$?; [ $s = 0 ] || echo \"SHELL COMMAND FAILED with exit code $s\"' EXIT; "


def with_trap(source):
    lines, continued = [], False
    for line in source.split("\n"):
        if not continued:
            line = re.sub(r"^(!\*?)", lambda m: m.group(1) + TRAP, line)
        continued = line.endswith("\\")
        lines.append(line)
    return "\n".join(lines)


def clean_text(value, swaps):
    if isinstance(value, str):
        for old, new in swaps:
            value = value.replace(old, new)
        return re.sub(r"/[^\s\"']*/gonb_[0-9a-f]{8}\b", "gonb", value)
    if isinstance(value, list):
        return [clean_text(v, swaps) for v in value]
    if isinstance(value, dict):
        return {k: clean_text(v, swaps) for k, v in value.items()}
    return value


# What chart.Setup displays holds all of ECharts, half a megabyte. It is not saved: until the cell is run again, the
# charts' static pictures stand in.
SETUP_MARKER = 'data-lab="contrastlab-echarts"'
SETUP_SAVED = "<div style=\"font-size:85%\">Charts are pictures until this cell is run; then they are interactive.</div>"


def clean(nb, swaps):
    keep = {k: nb.metadata[k] for k in ("kernelspec",) if k in nb.metadata}
    language = nb.metadata.get("language_info", {})
    keep["language_info"] = {k: language[k] for k in ("name", "file_extension", "mimetype") if k in language}
    nb.metadata = nbformat.from_dict(keep)
    count = 0
    for cell in nb.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in ("tags", "jupyter", "slideshow")})
        if cell.cell_type != "code":
            continue
        if cell.execution_count is not None:
            count += 1
            cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
            for field in ("text", "traceback", "evalue"):
                if field in output:
                    output[field] = clean_text(output[field], swaps)
            if "data" in output:
                if SETUP_MARKER in output.data.get("text/html", ""):
                    output.data["text/html"] = SETUP_SAVED
                output.data = nbformat.from_dict(
                    {k: clean_text(v, swaps) if k.startswith("text/") else v for k, v in output.data.items()})


async def execute(nb, workdir, seconds):
    client = NotebookClient(
        nb, timeout=seconds, kernel_name=nb.metadata.get("kernelspec", {}).get("name", "gonb"), coalesce_streams=True,
        record_timing=False, interrupt_on_timeout=False, resources={"metadata": {"path": workdir}})
    start = time.monotonic()
    try:
        await asyncio.wait_for(client.async_execute(), seconds)
    except CellExecutionError:
        pass  # the error is an output of its cell
    except (asyncio.TimeoutError, CellTimeoutError, DeadKernelError) as e:
        # A kernel that is stopped for being late reports its death first.
        if time.monotonic() - start >= seconds:
            return 3
        print(f"the kernel died: {e}", file=sys.stderr)
        return 4
    return 0


def main():
    source, copy, workdir, seconds = sys.argv[1:5]
    swaps = [tuple(a.rsplit("=", 1)) for a in sys.argv[5:]]  # a path may hold "="
    with open(source, encoding="utf-8") as f:
        nb = nbformat.read(f, as_version=4)
    original = [cell.source for cell in nb.cells]
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.source = with_trap(cell.source)
            cell.outputs, cell.execution_count = [], None
    code = asyncio.run(execute(nb, workdir, float(seconds)))
    for cell, text in zip(nb.cells, original):
        cell.source = text
    clean(nb, swaps)
    nbformat.validate(nb)
    with open(copy, "w", encoding="utf-8") as f:
        nbformat.write(nb, f)
    sys.exit(code)


main()
