"""Whether wheel and sdist hold what they should, and nothing else."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

from environments import ReleaseError, run

ROOT = Path(__file__).resolve().parents[1]


def find(dist: Path) -> tuple[Path, Path]:
    """The wheel and the sdist in a folder that holds one of each."""
    wheels, sdists = [*dist.glob("*.whl")], [*dist.glob("*.tar.gz")]
    if len(wheels) != 1 or len(sdists) != 1:
        raise ReleaseError(f"{dist} does not hold one wheel and one sdist: make dist.")
    return wheels[0].resolve(), sdists[0].resolve()


def check(wheel: Path, sdist: Path) -> None:
    """Their files and their metadata."""
    run(["uv", "tool", "run", "twine", "check", "--strict", str(wheel), str(sdist)])
    compare("The wheel", {name for name in in_wheel(wheel) if "/" in name}, package_files())
    if tracked := tracked_files():
        compare("The sdist", in_sdist(sdist) - {"PKG-INFO", ".gitignore"}, tracked)


def in_wheel(wheel: Path) -> set[str]:
    """The wheel's files without its own records."""
    with zipfile.ZipFile(wheel) as files:
        return {name for name in files.namelist() if ".dist-info/" not in name}


def in_sdist(sdist: Path) -> set[str]:
    """The sdist's files, as paths in the repository."""
    with tarfile.open(sdist) as files:
        return {one.name.partition("/")[2] for one in files.getmembers() if one.isfile()}


def package_files() -> set[str]:
    """What the package's folder holds."""
    source = ROOT / "src"
    files = (path for path in (source / "activellm").rglob("*") if path.is_file())
    return {str(path.relative_to(source)) for path in files if "__pycache__" not in path.parts}


def tracked_files() -> set[str]:
    """What git keeps; empty where there is no git, as in an unpacked sdist."""
    if not (ROOT / ".git").exists():
        return set()
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in listed.stdout.split("\0") if name} - {".gitignore"}


def compare(what: str, found: set[str], wanted: set[str]) -> None:
    """Say what is missing and what is too much."""
    missing, stray = sorted(wanted - found), sorted(found - wanted)
    if missing or stray:
        raise ReleaseError(
            f"{what} lacks {missing or 'nothing'} and has too much: {stray or 'nothing'}."
        )
