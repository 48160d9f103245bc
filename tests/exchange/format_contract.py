"""What every format must keep to; its test class says what the tool's own form can tell."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from exchange_samples import (
    HOSTILE,
    KINDS,
    event,
    items,
    main_file,
    read,
    task,
    written,
)

from activellm.annotation.contract import Annotation
from activellm.errors import DataError
from activellm.exchange import FORMATS, Entry, Findings, Format, Item


class FormatContract:
    """Inherit, and name the format."""

    name: str
    ends = True
    """Whether a file that is cut between two records is seen to be cut."""

    @pytest.fixture
    def made(self) -> Format:
        return FORMATS.get(self.name)()

    @pytest.mark.parametrize("kind", KINDS)
    def test_all_that_is_known_comes_back(self, made: Format, kind: str, tmp_path: Path) -> None:
        wanted = items(kind)
        entries, found = read(made, written(made, wanted, kind, tmp_path / "out"), kind)
        assert events_of(entries) == {one.id: one.events for one in wanted}
        assert texts_of(entries) == {one.id: (one.text, one.pair) for one in wanted}
        assert all("prediction" in kind or "suggestion" in kind for kind in found.counts)

    @pytest.mark.parametrize("kind", KINDS)
    def test_what_comes_back_unchanged_says_nothing_new(
        self, made: Format, kind: str, tmp_path: Path
    ) -> None:
        entries, _ = read(made, written(made, items(kind), kind, tmp_path / "out"), kind)
        standing = {("t1", "alice"), ("t1", "bob"), ("t2", "alice"), ("t4", "bob")}
        for entry in entries:
            for said in entry.said:
                assert (entry.id, said.annotator) in standing or said.event in (
                    "e1",
                    "e2",
                    "e4",
                    "e9",
                )

    def test_predictions_are_never_answers(self, made: Format, tmp_path: Path) -> None:
        expected = items("single")[-1:]
        entries, found = read(made, written(made, expected, "single", tmp_path / "out"), "single")
        (entry,) = entries
        assert (entry.events, entry.said) == ((), ())
        told = main_file(made, tmp_path / "out").read_bytes()
        if self.name not in ("parquet", "hugging-face"):  # compressed
            assert b"0.7" in told
        assert found.counts or self.name in ("prodigy", "doccano")

    @pytest.mark.parametrize("kind", ["single", "pair"])
    def test_hostile_texts(self, made: Format, kind: str, tmp_path: Path) -> None:
        wanted = [
            Item(f"t{n}", text, text if kind == "pair" else None,
                 (event(f"e{n}", f"t{n}", f"a{text}", "label", "bad", note=text),), ("bad",))
            for n, text in enumerate(HOSTILE)
        ]  # fmt: skip
        entries, _ = read(made, written(made, wanted, kind, tmp_path / "out"), kind)
        assert texts_of(entries) == {one.id: (one.text, one.pair) for one in wanted}
        assert events_of(entries) == {one.id: one.events for one in wanted}

    def test_memory_does_not_grow_with_the_file(self, made: Format, tmp_path: Path) -> None:
        count, text = 1600, "a text of some length " * 120

        def many() -> Iterator[Item]:
            for number in range(count):
                yield Item(f"t{number}", f"{number} {text}")

        tracemalloc.start()
        try:
            path = written(made, many(), "single", tmp_path / "out")  # type: ignore[arg-type]
            seen = sum(1 for _ in made.read(path, task("single"), Findings()))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert seen == count
        assert peak < count * len(text) / 2

    def test_a_file_that_is_cut_is_refused(self, made: Format, tmp_path: Path) -> None:
        path = written(made, items("single"), "single", tmp_path / "out")
        file = main_file(made, path)
        whole = file.read_bytes()
        for share in (0.2, 0.5, 0.9):
            cut = whole[: int(len(whole) * share)]
            file.write_bytes(cut)
            if not self.ends and cut.endswith(b"\n"):
                continue
            with pytest.raises(DataError):
                read(made, path, "single")

    def test_another_kind_of_file_is_refused(self, made: Format, tmp_path: Path) -> None:
        for number, junk in enumerate(
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xfe\xfa", b"{} {} [")
        ):
            path = tmp_path / f"junk{number}"
            path.write_bytes(junk)
            with pytest.raises(DataError) as raised:
                pytest.fail(f"read {read(made, path, 'single')[0]} from {junk!r}")
            assert str(path) in str(raised.value)

    def test_damaged_annotations_of_ours_are_refused(self, made: Format, tmp_path: Path) -> None:
        bad = replace(items("single")[0].events[0], action="explode")  # type: ignore[arg-type]
        path = written(made, [Item("t1", "a text", events=(bad,))], "single", tmp_path / "out")
        with pytest.raises(DataError, match="damaged"):
            read(made, path, "single")


def events_of(entries: list[Entry]) -> dict[str, tuple[Annotation, ...]]:
    found: dict[str, tuple[Annotation, ...]] = {}
    for one in entries:
        found[one.id] = found.get(one.id, ()) + one.events
    return found


def texts_of(entries: list[Entry]) -> dict[str, tuple[str | None, str | None]]:
    return {one.id: (one.text, one.pair) for one in entries}
