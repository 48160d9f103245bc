"""Take the trained model out of the project: a folder that is complete by itself."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activellm.errors import MissingExtraError, UsageError
from activellm.files import write_text
from activellm.pool import Content
from activellm.progress import Progress, silent
from activellm.project.card import card_facts
from activellm.project.evaluating import measure
from activellm.project.folder import Project
from activellm.project.predicting import trained
from activellm.seeding import generator
from activellm.successors import write_model_card
from activellm.successors.saved import FILE as FACTS
from activellm.successors.saved import SavedFacts, package_versions

if TYPE_CHECKING:
    from activellm.successors.onnx_export import Agreement

CHECKED = 300
"""Texts of the pool, drawn at random, on which ONNX files are compared."""

ONNX, ONNX_INT8 = "model.onnx", "model_int8.onnx"
MANIFEST = "export.json"
"""In an exported folder: the names of all its files."""


@dataclass(frozen=True)
class Published:
    """What an export wrote.

    Attributes:
        folder: Where.
        files: Bytes of each file, by name.
        onnx: How far the ONNX file agrees with torch; None without one.
        int8: How far its variant of 8 bits agrees with it; None without one.
    """

    folder: Path
    files: dict[str, int]
    onnx: Agreement | None = None
    int8: Agreement | None = None


def publish(
    project: Project,
    folder: Path,
    *,
    onnx: bool = False,
    int8: bool = False,
    licence: str = "",
    progress: Progress = silent,
) -> Published:
    """Write the latest trained model and its complete card into a folder, whole or not at all.

    What the card says of its quality is measured first, unless that was done. ONNX files are kept
    with the project's model too, where `predict` and `serve` find them.

    Args:
        project: Whose model.
        folder: New, empty, or an earlier export, which is replaced.
        onnx: Also write `model.onnx`.
        int8: Also write `model_int8.onnx`; takes `onnx`.
        licence: The licence that the model is given to others under, such as "apache-2.0".
        progress: Told how far it is.

    Raises:
        UsageError: If nothing is trained yet, the folder holds something else, or this kind of
            model cannot be written as ONNX.
        MissingExtraError: If the packages for ONNX are not installed.
    """
    check_target(project, folder)
    training = trained(project)
    agreement = small = None
    if onnx or int8:
        _check_onnx()
        from activellm.successors.onnx_export import write_int8, write_onnx

        texts = _sample(project)
        agreement = write_onnx(training.folder, texts, progress=progress)
        if int8:
            small = write_int8(training.folder, texts, progress=progress)
    measured = measure(project, training, progress)
    facts = card_facts(project, training, measured)
    facts = replace(facts, licence=licence, onnx=_said(agreement, small))
    left_out = {ONNX: agreement is None, ONNX_INT8: small is None}
    with _swapped(folder) as draft:
        for name in file_names(training.folder):
            if not left_out.get(name, False):
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(training.folder / name, draft / name)
        for inner in draft.rglob(f"*/{FACTS}"):
            _without_paths(inner.parent)
            write_model_card(inner.parent)
        _without_paths(draft, versions=agreement is not None)
        write_model_card(draft, facts)
        names = sorted([MANIFEST, *file_names(draft)])
        write_text(draft / MANIFEST, json.dumps({"files": names}, indent=2) + "\n")
    files = {name: (folder / name).stat().st_size for name in file_names(folder)}
    return Published(folder, files, agreement, small)


def _check_onnx() -> None:
    wanted = {"torch": "local", "onnx": "onnx", "onnxruntime": "onnx"}
    extras = dict.fromkeys(extra for name, extra in wanted.items() if find_spec(name) is None)
    if extras:
        raise MissingExtraError("Writing an ONNX file", ",".join(extras))


def file_names(folder: Path) -> list[str]:
    """All that lies in a model's folder and is no folder, as paths relative to it, sorted.

    A classifier that is made of others keeps each in a folder of its own.
    """
    found = (one for one in folder.rglob("*") if one.is_symlink() or not one.is_dir())
    return sorted(one.relative_to(folder).as_posix() for one in found)


def check_target(project: Project, folder: Path) -> None:
    """Refuse a folder whose content an export would destroy.

    Raises:
        UsageError: If it holds something that no export wrote, or is in the project's folder.
    """
    if project.folder.resolve() in (folder.resolve(), *folder.resolve().parents):
        raise UsageError(
            "An export cannot lie in the project's own folder.",
            where=str(folder),
            remedy="Name a folder outside of it.",
        )
    if not folder.exists():
        return
    foreign = "It is a file" if not folder.is_dir() else _foreign(folder)
    if foreign:
        raise UsageError(
            f"{foreign}, and an export would replace it.",
            where=str(folder),
            remedy="Name a new or empty folder, or one with an earlier export.",
        )


def _foreign(folder: Path) -> str:
    """What no export wrote, in words; empty if there is no such thing."""
    try:
        ours = set(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        ours = set()
    others = [name for name in file_names(folder) if name not in ours]
    return f"It holds {others[0]!r}" if others else ""


def _sample(project: Project) -> list[Content]:
    """Texts of the pool, drawn at random: the kind that the model is for."""
    size = len(project.pool)
    rng = generator(project.settings.seed, "export")
    places = rng.choice(size, size=min(CHECKED, size), replace=False)
    return [one.content for one in project.pool.examples(project.pool.ids_at(places))]


def _said(onnx: Agreement | None, int8: Agreement | None) -> Sequence[str]:
    """What the card says of the ONNX files, a sentence each."""
    lines = []
    if onnx is not None:
        lines.append(
            f"{ONNX}: compared with torch on {onnx.texts} texts, {onnx.equal:.1%} get the same "
            f"labels, the largest difference of a probability is {onnx.largest:.1g}."
        )
    if int8 is not None:
        lines.append(
            f"{ONNX_INT8} (weights of 8 bits): compared with {ONNX} on {int8.texts} texts of the "
            f"pool, {int8.equal:.1%} get the same labels, the largest difference of a probability "
            f"is {int8.largest:.2f}. The quality above was not measured with it."
        )
    return lines


def _without_paths(folder: Path, *, versions: bool = False) -> None:
    """Name the encoder without the folders of this machine that lead to it.

    A folder's name alone could be taken for a model of the hub; with "./" it never is.
    """
    saved = SavedFacts.read(folder)
    spec = saved.encoder.get("spec", "")
    bare = f"./{Path(spec).name}" if spec and Path(spec).expanduser().is_dir() else spec
    changed = replace(
        saved,
        settings=_with_encoder(saved.settings, bare),
        encoder={**saved.encoder, "spec": bare} if spec else saved.encoder,
        versions={**saved.versions, **(package_versions("onnxruntime") if versions else {})},
    )
    changed.write(folder)
    config = folder / "config.json"
    if config.exists():
        fields: dict[str, Any] = json.loads(config.read_text(encoding="utf-8"))
        if fields.pop("_name_or_path", None) is not None:
            write_text(config, json.dumps(fields, indent=2) + "\n")


def _with_encoder(settings: Mapping[str, Any], spec: str) -> dict[str, Any]:
    """Settings, and those of inner classifiers, with another name for the encoder."""
    inner = {
        name: _with_encoder(value, spec)
        for name, value in settings.items()
        if isinstance(value, Mapping)
    }
    return {**settings, **inner, **({"encoder": spec} if "encoder" in settings else {})}


@contextmanager
def _swapped(folder: Path) -> Iterator[Path]:
    """Give a draft folder that takes the place of `folder` when the block succeeds."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    old = draft.with_name(f"{draft.name}.old")
    try:
        yield draft
        draft.chmod(0o755)
        if folder.exists():
            folder.rename(old)
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
