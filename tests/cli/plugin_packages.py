"""Installed packages that register things, made of files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(
    folder: Path, package: str, entries: Mapping[str, Mapping[str, str]], **modules: str
) -> None:
    """Lay a package out in `folder` as an installer would.

    Args:
        folder: To be put on the path.
        package: Its name.
        entries: Group -> name -> "module:attribute".
        modules: Name -> code.
    """
    info = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = []
    for group, named in entries.items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in named.items()), ""]
    (info / "entry_points.txt").write_text("\n".join(lines))
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(code)
