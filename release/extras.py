"""What each extra brings, and a command that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

JOB = (
    *("activellm", "run", "messages.csv", "--task", "Which office must act first?"),
    *("--oracle", "column:label", "--llm", "none", "--strategy", "random"),
    *("--successor", "tfidf", "--select", "20", "--candidates", "60", "--project"),
)
"""The main job without any extra: no encoder, no query model. The project's folder follows."""

EXPERIMENT = """
strategies = ["random"]
successors = ["tfidf"]
candidates = [60]
select = [20]
draws = 1

[[data]]
pool = "messages.csv"
description = "Which office must act first?"
test_size = 100
"""

_PII = """
from activellm.errors import ActiveLLMError
from activellm.llm.presidio import PresidioAnalyzer
try:
    PresidioAnalyzer()
except ActiveLLMError as error:
    raise SystemExit(str(error))
"""


@dataclass(frozen=True)
class Extra:
    """An extra, which is tried alone.

    Attributes:
        modules: What can be imported with it.
        command: What names the extra where it is missing, and not where it is there.
        fails: Whether the command fails with it, too, for want of a server, a key or a model.
        lists: Whether the command only says that it is missing, and does not fail for it.
    """

    modules: tuple[str, ...]
    command: tuple[str, ...]
    fails: bool = False
    lists: bool = False


EXTRAS: Mapping[str, Extra] = MappingProxyType(
    {
        "crowd": Extra(
            ("cleanlab",),
            ("activellm", "annotate", "--consensus", "crowdlab", "--oracle", "column:label"),
        ),
        "hub": Extra(
            ("huggingface_hub",),
            ("activellm", "export", "model", "--push", "me/it", "--yes"),
            fails=True,
        ),
        "keyring": Extra(("keyring",), ("activellm", "list", "models"), lists=True),
        "local": Extra(
            ("accelerate", "gguf", "safetensors", "torch", "transformers", "xllamacpp"),
            (*JOB, "new.activellm", "--successor", "linear"),
        ),
        "onnx": Extra(("onnx", "onnxruntime"), ("activellm", "export", "model", "--onnx"), True),
        "pii": Extra(("presidio_analyzer",), ("python", "-c", _PII), fails=True),
        "postgres": Extra(
            ("psycopg",),
            (*JOB, "new.activellm", "--database", "postgresql://127.0.0.1:1/nothing"),
            fails=True,
        ),
        "ray": Extra(
            ("ray",),
            ("activellm", "bench", "run", "experiment.toml", "--executor", "ray"),
        ),
        "tracking": Extra(
            ("mlflow", "trackio"),
            ("activellm", "track", "job.activellm", "--to", "mlflow:sqlite:///runs.db"),
        ),
        "vllm": Extra(
            ("vllm",),
            (*JOB, "other.activellm", "--llm", "vllm-offline/no/model", "--strategy", "coverage"),
            fails=True,
        ),
    }
)
