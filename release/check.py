"""Try a release before it is one: wheel and sdist in fresh environments, as a user installs them.

    python release/check.py dist [PYTHON ...] [--only EXTRA ...]

For each Python: the wheel alone, its command, and a job without torch; then the wheel with the
extra `local`, and the README's first command to its end without network. On the first Python each
extra alone. What an environment needs comes from the package index, torch too.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import packages
from environments import WEIGHTS, Environment, ReleaseError, run
from extras import EXPERIMENT, EXTRAS, JOB

PYTHONS = ("3.11", "3.12", "3.13")


def main() -> int:
    """Check all; the exit code says whether it is good."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dist", type=Path, help="The folder with one wheel and one sdist.")
    parser.add_argument("pythons", nargs="*", default=PYTHONS, help="Versions or paths.")
    parser.add_argument("--only", nargs="+", choices=sorted(EXTRAS), help="Only these extras.")
    asked = parser.parse_args()
    try:
        if not shutil.which("uv"):
            raise ReleaseError("uv is needed: pip install uv.")
        wheel, sdist = packages.find(asked.dist)
        check_names()
        packages.check(wheel, sdist)
        say("wheel and sdist hold what they should")
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            if not asked.only:
                check_pythons(wheel, sdist, asked.pythons, Path(folder))
            check_extras(wheel, asked.pythons[0], asked.only or sorted(EXTRAS), Path(folder))
    except ReleaseError as error:
        say(f"FAILED: {error}")
        return 1
    return 0


def say(line: str) -> None:
    """A line with the time."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def check_names() -> None:
    """Every extra is tried."""
    project = tomllib.loads((packages.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    packages.compare("extras.py", set(EXTRAS), set(project["optional-dependencies"]))


def check_pythons(wheel: Path, sdist: Path, pythons: list[str], folder: Path) -> None:
    """Each Python: the bare wheel, and the main job with its small models."""
    for number, python in enumerate(pythons):
        bare = Environment.make(folder / "bare", python)
        bare.install(str(sdist if number == 0 else wheel))
        job = folder / f"job-{number}"
        check_bare(bare, job)
        say(f"{python}: the {'sdist' if number == 0 else 'wheel'} alone works without torch")
        bare.remove()
        local = Environment.make(folder / "local", python)
        local.install(f"activellm[local] @ {wheel.as_uri()}")
        local.install(*WEIGHTS, alone=True)
        began = time.monotonic()
        run(local.command("activellm", "demo"), job, network=False)
        if not (job / "demo.activellm" / "report.html").is_file():
            raise ReleaseError(f"{python}: the demo wrote no report.")
        say(f"{python}: the demo ends well without network, {time.monotonic() - began:.0f} s")
        local.remove()


def check_bare(bare: Environment, folder: Path) -> None:
    """The wheel alone: the command, an import without warnings, a job, and what is missing."""
    folder.mkdir()
    if "Usage: activellm" not in run(bare.command("activellm", "--help")):
        raise ReleaseError("activellm --help shows no help.")
    run(bare.command("python", "-W", "error", "-c", "import activellm"))
    if bare.has("torch"):
        raise ReleaseError("The wheel alone brings torch.")
    prepare(bare, folder)
    run(bare.command("activellm", "predict", "messages.csv", "-o", "out.csv"), folder)
    for name in EXTRAS:
        expect(bare, name, folder, missing=True)


def prepare(environment: Environment, folder: Path) -> None:
    """A folder with the sample, an experiment, and a project that is done."""
    copy = "import shutil, activellm.data as d; shutil.copy(d.civic_messages(), 'messages.csv')"
    run(environment.command("python", "-c", copy), folder)
    (folder / "experiment.toml").write_text(EXPERIMENT, encoding="utf-8")
    run(environment.command(*JOB, "job.activellm"), folder, network=False)


def expect(environment: Environment, name: str, folder: Path, *, missing: bool) -> None:
    """An extra's command names the extra where it is missing, and only there."""
    extra = EXTRAS[name]
    fails = extra.fails or (missing and not extra.lists)
    said = run(environment.command(*extra.command), folder, fails=fails)
    if bool(re.search(rf"activellm\[[^\]]*\b{name}\b", said)) != missing:
        raise ReleaseError(f"With the extra {name} {'missing' if missing else 'there'}:\n{said}")


def check_extras(wheel: Path, python: str, names: list[str], folder: Path) -> None:
    """Each extra alone: it installs, can be imported, and its command no longer asks for it."""
    for name in names:
        alone = Environment.make(folder / "alone", python)
        alone.install(f"activellm[{name}] @ {wheel.as_uri()}")
        if name == "local":
            alone.install(*WEIGHTS, alone=True)
        imports = "; ".join(f"import {module}" for module in EXTRAS[name].modules)
        run(alone.command("python", "-c", imports))
        job = folder / f"extra-{name}"
        job.mkdir()
        prepare(alone, job)
        expect(alone, name, job, missing=False)
        alone.remove()
        say(f"the extra {name} works alone")


if __name__ == "__main__":
    sys.exit(main())
