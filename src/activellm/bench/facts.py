"""What a folder of results knows of how they came about: the experiment, versions, hardware."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from activellm.errors import DataError
from activellm.files import write_bytes, write_text
from activellm.successors.saved import package_versions
from activellm.threads import available_cores

EXPERIMENT, FACTS = "experiment.toml", "facts.json"
"""Files in the folder: a copy of the experiment's, and what is noted."""

PACKAGES = (
    *("numpy", "scipy", "scikit-learn", "torch", "transformers", "tokenizers"),
    *("accelerate", "xllamacpp", "gguf", "pyarrow", "ray"),
)
"""What can change a result, beside ActiveLLM and Python."""

THREADS = ("ACTIVELLM_THREADS", "OMP_NUM_THREADS")
"""Environment variables that decide in which order numbers are added up."""


class Machine(BaseModel):
    """What results were made with.

    Attributes:
        versions: Of Python and packages, by name.
        hardware: Of the machine that began the run, by name; workers on others are not noted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    versions: dict[str, str] = {}
    hardware: dict[str, str] = {}

    def changed(self, other: Machine) -> dict[str, tuple[str, str]]:
        """What differs: name -> the value in each; "-" for none."""
        found = {}
        for mine, its in ((self.versions, other.versions), (self.hardware, other.hardware)):
            for name in sorted(mine.keys() | its.keys()):
                values = mine.get(name, "-"), its.get(name, "-")
                if values[0] != values[1]:
                    found[name] = values
        return found


class Facts(Machine):
    """How results came about.

    Attributes:
        base: The absolute folder that the experiment's paths are relative to; empty if unknown.
        versions, hardware: Of the last run.
        started: When the first one began, ISO 8601 in UTC; empty if unknown.
        earlier: What runs before it were made with, where that differs.
    """

    base: str = ""
    started: str = ""
    earlier: tuple[Machine, ...] = ()

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Everything that results here were made with."""
        return (*self.earlier, Machine(versions=self.versions, hardware=self.hardware))


def write_facts(folder: Path, experiment_file: Path) -> Facts:
    """Keep the experiment file and what it runs on, at the beginning of a run.

    A changed experiment file takes the place of the copy; results of the former one stay.

    Args:
        folder: Where results are kept; made if it is not there.
        experiment_file: What is run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last, now = read_facts(folder), this_machine()
    facts = Facts(
        base=str(experiment_file.absolute().parent),
        started=last.started or datetime.now(UTC).isoformat(timespec="seconds"),
        earlier=tuple(one for one in last.machines if last.started and one.changed(now)),
        **now.model_dump(),
    )
    if experiment_file.absolute() != (folder / EXPERIMENT).absolute():
        write_bytes(folder / EXPERIMENT, experiment_file.read_bytes())
    write_text(folder / FACTS, facts.model_dump_json(indent=1) + "\n")
    return facts


def read_facts(folder: Path) -> Facts:
    """What `write_facts` has noted; empty where it has not.

    Raises:
        DataError: If it cannot be read.
    """
    path = folder / FACTS
    try:
        return Facts.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Facts()
    except (OSError, ValidationError):
        raise DataError("These are no facts of an experiment's run.", where=str(path)) from None


def this_machine() -> Machine:
    """What results would be made with now."""
    return Machine(versions=package_versions(*PACKAGES), hardware=hardware())


def hardware() -> dict[str, str]:
    """Processor, cores that may be used, GPUs, and the number of threads where it is set."""
    found = {"cpu": _cpu(), "cores": str(available_cores()), "gpu": _gpus()}
    return found | {name: os.environ[name] for name in THREADS if os.environ.get(name)}


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _gpus() -> str:
    """NVIDIA's, as its driver lists them; loads nothing."""
    names = []
    for path in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("Model:"):
                names.append(line.partition(":")[2].strip())
    return ", ".join(names) or "none"
