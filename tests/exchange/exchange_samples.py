"""Items with everything that ActiveLLM can know of a text, and texts that break careless tools."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from activellm.annotation.contract import Annotation
from activellm.exchange import Entry, Findings, Format, Item, Prediction
from activellm.task import Label, Task

LABELS = ("good", "bad", "so-so")
DATA = "train-00000-of-00001.parquet"
KINDS = ("single", "multi", "pair")

HOSTILE = (
    '=HYPERLINK("http://example.org","x")', "+1+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
    "'=1", "''", "＝1", 'he said "no", twice; x|y', "a,b;c\td|e", "line one\nline two\r\nthree\r4",
    "nul \0 here", "\u2028 \u2029 \x85 \x0b \x0c breaks", "emoji 😀👩‍👩‍👧 ﷽",
    "\u202eright to left\u202c שלום مرحبا",
    "<script>alert(1)</script> & <b>", "{\"a\": [1]}", "[1, 2]", "\\u0041 \\n \\", "---\nyaml: 1",
    "  spaces  ", "\ufeffbom", "e\u0301 é", "x" * 5000,
)  # fmt: skip


def task(kind: str) -> Task:
    return Task(
        description='How was it? <b>"x"</b>',
        labels=tuple(Label(name=name, definition=f"{name} & <such>") for name in LABELS),
        kind="multi" if kind == "multi" else "single",
        pair=kind == "pair",
        pair_names=("Premise", "Claim"),
    )


def event(name: str, id_: str, annotator: str, action: str, *labels: str, **more) -> Annotation:
    more.setdefault("at", "2026-01-02T03:04:05.678+00:00")
    return Annotation(name, id_, annotator, action, labels, **more)  # type: ignore[arg-type]


def items(kind: str) -> list[Item]:
    """One of each sort: answered by two, decided, skipped, taken back, repeated, open, expected."""
    second = "its other half" if kind == "pair" else None
    several = ("good", "bad") if kind == "multi" else ("good",)
    none = () if kind == "multi" else ("so-so",)
    many = (
        event("e1", "t1", "alice", "label", *several, note='why\n"so", =1', seconds=2.25),
        event("e2", "t1", "bob", "label", "bad", unsure=True, discuss=True, oracle="browser"),
        event("e3", "t1", "judge", "resolve", "bad", revealed="after"),
    )
    again = (
        event("e5", "t3", "alice", "label", "good"),
        event("e6", "t3", "alice", "undo"),
        event("e7", "t3", "bob", "repeat", "bad"),
    )
    twice = (event("e8", "t4", "bob", "label", "bad"), event("e9", "t4", "bob", "label", *none))
    expected = Prediction("some/model", {"good": 0.7, "bad": 0.25, "so-so": 0.05})
    return [
        Item("t1", "the first text", second, many, ("bad",)),
        Item("t2", "the second", second, (event("e4", "t2", "alice", "skip", note="?"),)),
        Item("t3", "the third", second, again),
        Item("t4", "the fourth", second, twice, none),
        Item("t5", "waits", second),
        Item("t6", "is expected", second, prediction=expected),
    ]


def written(format_: Format, some: list[Item], kind: str, path: Path) -> Path:
    if format_.folder:
        path.mkdir()
    format_.write(iter(some), task(kind), path)
    return path


def read(format_: Format, path: Path, kind: str) -> tuple[list[Entry], Findings]:
    found = Findings()
    return list(format_.read(path, task(kind), found)), found


def main_file(format_: Format, path: Path) -> Path:
    """The file that holds the texts."""
    if not format_.folder:
        return path
    (found,) = [one for one in path.rglob("*") if one.name in ("records.json", DATA)]
    return found


words = st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40
) | st.sampled_from(HOSTILE)
names = words.filter(lambda name: name.strip())
