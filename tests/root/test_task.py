"""The task: what is accepted, what is refused and how, and the two forms of answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import LabelEncoder, MultiLabelBinarizer

from activellm.errors import DataError, UsageError
from activellm.task import Label, Task, parse_label

NAMES = ("waste", "roads", "parks")


def make(**fields: object) -> Task:
    return Task.build(**{"description": "Which office?", "labels": [{"name": n} for n in NAMES],
                         **fields})  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"labels": [{"name": "one"}]}, "labels"),
        ({"labels": [{"name": "a"}, {"name": "A"}]}, "differ in more than case"),
        ({"labels": [{"name": "a|b"}, {"name": "c"}]}, "'a|b'"),
        ({"labels": [{"name": "a\x00"}, {"name": "c"}]}, "control character"),
        ({"labels": [{"name": "  "}, {"name": "c"}]}, "must not be empty"),
        ({"description": " "}, "description"),
        ({"language": "not a code"}, "language"),
        ({"kind": "several"}, "kind"),
        ({"unknown": 1}, "unknown"),
        ({"description": "bad \udc80 bytes"}, "no text"),
    ],
)
def test_unusable_tasks_are_refused_with_the_reason(fields: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match="task is not usable") as caught:
        make(**fields)
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_label_options() -> None:
    assert parse_label("waste=Bins = rubbish") == Label(name="waste", definition="Bins = rubbish")
    assert parse_label(" waste ") == Label(name="waste")
    with pytest.raises(UsageError, match="empty"):
        parse_label("=no name")


def test_an_unknown_label_is_named_with_its_place_and_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"labels\.csv, row 3: The label 'wastes'.*waste, roads"):
        make().answer("wastes", where="labels.csv, row 3")


def test_one_label_exactly_unless_multi() -> None:
    with pytest.raises(DataError, match="Exactly one label"):
        make().answer(["waste", "roads"])
    with pytest.raises(DataError, match="Exactly one label"):
        make().answer("")
    assert make(kind="multi").answer("parks|waste") == ("waste", "parks")
    assert make(kind="multi").answer("") == ()


def test_targets_equal_scikit_learns_encoders() -> None:
    answers = [("roads",), ("waste",), ("roads",), ("parks",)]
    encoder = LabelEncoder().fit(NAMES)
    ours = make().targets(answers)
    theirs = encoder.transform([name for (name,) in answers])
    assert [NAMES[i] for i in ours] == list(encoder.inverse_transform(theirs))

    several = [("waste", "parks"), (), ("roads",)]
    binarizer = MultiLabelBinarizer(classes=list(NAMES))
    np.testing.assert_array_equal(
        make(kind="multi").targets(several), binarizer.fit_transform(several)
    )


@given(st.lists(st.sets(st.sampled_from(NAMES))))
def test_answers_undo_targets_multi(sets: list[set[str]]) -> None:
    task = make(kind="multi")
    answers = [task.answer(one) for one in sets]
    assert task.answers(task.targets(answers)) == answers


@given(
    description=st.text(min_size=1).filter(str.strip),
    definition=st.text(),
    guidelines=st.text(),
)
def test_toml_round_trip(description: str, definition: str, guidelines: str) -> None:
    import tomllib

    fields = {"description": description, "guidelines": guidelines,
              "labels": [{"name": "a", "definition": definition}, {"name": "b"}]}  # fmt: skip
    task = Task.build(**fields)
    assert Task.build(**tomllib.loads(task.to_toml())) == task


def test_loading_a_file_with_guidelines_beside_it(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("# Rules\n", encoding="utf-8")
    path = tmp_path / "task.toml"
    path.write_text(
        'description = "d"\nguidelines_file = "rules.md"\n'
        '[[labels]]\nname = "a"\n[[labels]]\nname = "b"\n'
    )
    assert Task.load(path).guidelines == "# Rules\n"


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (None, DataError, "No such file"),
        (b"description = ", DataError, "Not a TOML file"),
        (b"\xff\xfe", DataError, "Not a TOML file"),
        (b'description = "d"', UsageError, "labels"),
    ],
)
def test_unreadable_task_files(
    tmp_path: Path, content: bytes | None, error: type[Exception], says: str
) -> None:
    path = tmp_path / "task.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=says) as caught:
        Task.load(path)
    assert "task.toml" in str(caught.value)


def test_the_fingerprint_changes_with_anything() -> None:
    prints = {make(**f).fingerprint for f in ({}, {"guidelines": "x"}, {"language": "de"})}
    assert len(prints) == 3
    assert make().fingerprint == make().fingerprint
