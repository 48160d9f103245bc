"""A local model in a process of its own: it ends when it should, and says nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("xllamacpp")

START = """
import sys
from pathlib import Path
from activellm.llm import Message
from activellm.llm.gguf import GgufModel
model = GgufModel(Path(sys.argv[1]), threads=1)
prompts = [(Message("user", f"text {n} is good"),) for n in range(100_000)]
"""


def start(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", START + code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def test_a_process_ends_cleanly_and_silently(tiny_models: tuple[Path, Path]) -> None:
    code = "model.score(prompts[:2], ['good']); model.complete(prompts[0], max_tokens=5)"
    with start(code, str(tiny_models[0])) as process:
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, "", "")


ENDLESS = """
print("go", flush=True)
try:
    {work}
except KeyboardInterrupt:
    print("stopped", flush=True)
"""


@pytest.mark.parametrize(
    "work",
    [
        "model.score(prompts, ['good', 'bad'], progress=lambda *_: None)",
        "[model.complete(p, max_tokens=480, json_schema={'type': 'string'}) for p in prompts]",
    ],
)
def test_ctrl_c_stops_it_at_once(tiny_models: tuple[Path, Path], work: str) -> None:
    with start(ENDLESS.format(work=work), str(tiny_models[0])) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(3)
        sent = time.monotonic()
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert time.monotonic() - sent < 5
    assert (process.returncode, out, err) == (0, "stopped\n", "")
