"""How the vectors of a text's tokens become the text's own, as the model's folder says.

Models made by sentence-transformers (Reimers and Gurevych 2019, Sentence-BERT, section 3) say it in
`modules.json` and the file of the pooling module that is named there. All others get the mean.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from activellm.errors import DataError
from activellm.files import write_text

if TYPE_CHECKING:
    import torch

Pooling: TypeAlias = Literal["mean", "first", "last"]
"""The mean over a text's tokens, or its first or last token alone."""

# The mean over the square root of the length is the mean once vectors are scaled to length 1.
_MODES: dict[str, Pooling] = {
    "mean": "mean",
    "mean_tokens": "mean",
    "mean_sqrt_len_tokens": "mean",
    "cls": "first",
    "cls_token": "first",
    "lasttoken": "last",
}
_PREFIX = "pooling_mode_"
_MODULES = "modules.json"
_PARTS = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def pooling_of(folder: Path) -> Pooling:
    """How the model of a folder wants to be pooled; "mean" where the folder does not say.

    Raises:
        DataError: If what it says cannot be read, or is none of the three ways.
    """
    if not (folder / _MODULES).is_file():
        return "mean"
    modules = _read(folder / _MODULES)
    kinds = {str(one["type"]).rsplit(".", 1)[-1]: str(one["path"]) for one in _objects(modules)}
    if "Pooling" not in kinds:
        return "mean"
    path = folder / Path(kinds["Pooling"]).name / "config.json"
    modes = _modes(_read(path), path)
    if len(modes) != 1 or modes[0] not in _MODES:
        raise DataError(
            f"This encoder pools its tokens by {' and '.join(modes) or 'nothing'}; known are the "
            "mean, the first token and the last.",
            where=str(path),
            remedy="Choose another encoder.",
        )
    return _MODES[modes[0]]


def write_pooling(folder: Path, pooling: Pooling, width: int) -> None:
    """Say in a model folder how it is pooled, so that sentence-transformers, too, can load it.

    Args:
        folder: Holds the model.
        pooling: How.
        width: Numbers in a token's vector.
    """
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(_PARTS)
    ]
    names = {"mean": "mean_tokens", "first": "cls_token", "last": "lasttoken"}
    modes = {f"{_PREFIX}{name}": pooling == way for way, name in names.items()}
    (folder / "1_Pooling").mkdir(exist_ok=True)
    write_text(folder / _MODULES, json.dumps(modules, indent=2))
    config = {"word_embedding_dimension": width, **modes}
    write_text(folder / "1_Pooling" / "config.json", json.dumps(config, indent=2))


def counted(mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """Which tokens a text's vector is the mean of: 1 or 0, float32.

    Args:
        mask: Which tokens are the text's own (not 0), shape (texts, tokens).
        pooling: How.
    """
    own = (mask != 0).float()
    if pooling == "mean":
        return own
    place = own.cumsum(dim=1)
    only = 1.0 if pooling == "first" else own.sum(dim=1, keepdim=True)
    return own * (place == only).float()


def _modes(config: Any, path: Path) -> list[str]:
    """The names of the ways that are switched on."""
    if not isinstance(config, dict):
        raise DataError("This is not an object.", where=str(path))
    if "pooling_mode" in config:
        named = config["pooling_mode"]
        return [str(one) for one in (named if isinstance(named, list) else [named])]
    ways = {key: value for key, value in config.items() if key.startswith(_PREFIX)}
    if not ways:  # as sentence-transformers takes it
        return ["mean"]
    return [key.removeprefix(_PREFIX) for key, value in ways.items() if value]


def _objects(modules: Any) -> list[dict[str, Any]]:
    listed = modules if isinstance(modules, list) else []
    return [one for one in listed if isinstance(one, dict) and {"type", "path"} <= one.keys()]


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"Cannot read how the encoder pools: {error}.", where=str(path)) from None
