"""From files into a project: every answer once, changed ones anew, and nothing on an error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from exchange_samples import event
from office_projects import answer, make_project

from activellm.errors import DataError, UsageError
from activellm.exchange import FORMATS, Entry, Findings, open_format
from activellm.exchange.collecting import collect, model_name
from activellm.exchange.exporting import export_labels
from activellm.exchange.importing import plan_import
from activellm.exchange.intake import BEFORE, MOVED, OLD, SIGNS, TIMES
from activellm.exchange.matching import OTHER_TEXT, STRANGER, Finder
from activellm.pool import Pool, import_pool
from activellm.pool.sources.memory import MemorySource
from activellm.project import Project, queue


def by_text(project: Project) -> dict[str, tuple]:
    """Each text's annotations, in order."""
    found: dict[str, tuple] = {}
    for one in project.store.annotations():
        found[one.example_id] = (*found.get(one.example_id, ()), one)
    return found


def filled(folder: Path, **fields) -> Project:
    project = make_project(folder, overlap=2, **fields)
    ids = [item.example.id for item in queue(project)]
    answer(project, ids[0], "alice", "good", note='why\n"so"', seconds=2.5)
    answer(project, ids[0], "bob", "bad", unsure=True)
    answer(project, ids[0], "judge", "bad", action="resolve", oracle="browser")
    answer(project, ids[1], "alice", action="skip")
    answer(project, ids[2], "alice", "good")
    answer(project, ids[2], "alice", action="undo")
    answer(project, ids[3], "bob", "so-so", discuss=True)
    answer(project, ids[3], "bob", "bad", action="repeat")
    return project


def lines(path: Path, *values: dict) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in values), encoding="utf-8")
    return path


def plan(project: Project, path: Path, format_: str = "jsonl", **more):
    return plan_import(project, FORMATS.get(format_)(), path, **more)


@pytest.mark.parametrize("name", FORMATS.names())
@pytest.mark.parametrize("kind", ["single", "multi"])
def test_a_project_moves_to_another_one(name: str, kind: str, tmp_path: Path) -> None:
    source, other = filled(tmp_path / "a", kind=kind), make_project(tmp_path / "b", kind=kind)
    to = tmp_path / "out"
    done = export_labels(source, open_format(name, to), to)
    assert (done.texts, done.annotations) == (10, 8)
    same = plan(source, to, name)
    assert (same.texts >= 10, same.events, same.known) == (True, (), 8)
    assert not same.found.counts
    new = plan(other, to, name)
    assert other.store.annotations() == []  # a plan writes nothing
    assert new.keep(other) == 8
    assert by_text(other) == by_text(source)
    assert plan(other, to, name).events == ()


def test_answers_without_our_id_are_found_by_content(tmp_path: Path) -> None:
    """Also in a pool with ids of its own, where other tools' ids may be ours by chance."""
    project = make_project(tmp_path / "p")
    asked = queue(project)[0].example
    other = next(one for one in project.pool if one.id != asked.id)
    path = lines(
        tmp_path / "l",
        {"text": f"  {asked.text.replace(' ', '  ')}\n", "label": "good", "annotator": "eve"},
        {"id": asked.id, "text": other.text, "label": "bad"},
        {"id": asked.id, "text": "something else", "label": "bad"},
        {"id": "nobody's", "text": "unheard of", "label": "bad"},
        {"id": asked.id, "label": "so-so", "annotator": "dan"},
        {"text": "  ", "label": "bad"},
    )
    found = plan(project, path)
    assert [(one.example_id, one.annotator, one.labels) for one in found.events] == [
        (asked.id, "eve", ("good",)), (other.id, "jsonl", ("bad",)), (asked.id, "dan", ("so-so",)),
    ]  # fmt: skip
    assert found.found.counts == {OTHER_TEXT: 1, STRANGER: 2}
    assert found.found.places[OTHER_TEXT] == [f"{path}, line 3"]
    assert (found.texts, found.matched, found.unanswered) == (6, 3, 0)


def test_content_ids_and_pairs(tmp_path: Path) -> None:
    pool = tmp_path / "pool.arrow"
    columns = {"premise": ["a", "b"], "hypothesis": ["c", "d"]}
    import_pool(MemorySource(columns), pool, text="premise", text_b="hypothesis")
    found = Findings()
    entries = [Entry("1", text="a", pair="c"), Entry("2", text="a", pair="d"), Entry("3", text="a")]
    seen = Finder(Pool.open(pool)).find(entries, found)
    assert [one and one.text for one in seen] == ["a", None, None]
    assert found.counts[STRANGER] == 2


def test_the_same_answer_comes_once_and_a_changed_mind_anew(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    id_ = queue(project)[0].example.id
    path = tmp_path / "l"
    said = []
    for label in ("good", "good", "bad", "good", "good"):
        found = plan(project, lines(path, {"id": id_, "label": label, "annotator": "eve"}))
        found.keep(project)
        said.append(len(found.events))
        assert project.store.current()[id_].labels == (label,)
    assert said == [1, 0, 1, 1, 0]


def test_an_answer_that_was_changed_elsewhere_is_a_new_one(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    id_ = queue(project)[0].example.id
    old = answer(project, id_, "eve", "good")
    first = answer(project, id_, "eve", "bad")
    text = project.pool.examples([id_])[0].text

    def row(one, label: str) -> dict:
        told = {"event": one.event, "annotator": "eve", "action": "label", "labels": [label]}
        return {"id": id_, "text": text, "annotations": [told]}

    changed = plan(project, lines(tmp_path / "l", row(first, "so-so")))
    assert [(one.annotator, one.labels) for one in changed.events] == [("eve", ("so-so",))]
    assert changed.events[0].event not in (first.event, old.event)
    assert plan(project, lines(tmp_path / "l", row(old, "so-so"))).found.counts == {OLD: 1}


@pytest.mark.parametrize("name", FORMATS.names())
def test_an_old_file_takes_nothing_back(name: str, tmp_path: Path) -> None:
    """What people said after the export stands, in this project and in another that knows more."""
    project = filled(tmp_path / "p")
    other = make_project(tmp_path / "q")
    id_ = queue(project)[0].example.id
    export_labels(project, FORMATS.get(name)(), tmp_path / "old")
    answer(project, id_, "alice", "so-so")
    answer(other, id_, "alice", "so-so")
    again = plan(project, tmp_path / "old", name)
    assert (again.events, again.found.counts) == ((), {})
    found = plan(other, tmp_path / "old", name)
    assert not any(one.annotator == "alice" and one.example_id == id_ for one in found.events)
    assert set(found.found.counts) == {BEFORE}
    found.keep(other)
    assert [one.labels for one in by_text(other)[id_] if one.annotator == "alice"] == [("so-so",)]


def test_an_older_answer_without_our_id_takes_nothing_back(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    id_ = queue(project)[0].example.id
    answer(project, id_, "eve", "good", at="2026-02-01T00:00:00.000+00:00")
    row = {"id": id_, "label": "bad", "annotator": "eve"}
    old = plan(project, lines(tmp_path / "l", row | {"at": "2026-01-01T00:00:00Z"}))
    assert (old.events, old.found.counts) == ((), {BEFORE: 1})
    for more in ({"at": "2026-03-01T00:00:00Z"}, {}):
        assert len(plan(project, lines(tmp_path / "l", row | more)).events) == 1


def test_two_answers_of_one_person(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    id_ = queue(project)[0].example.id
    one = {"id": id_, "label": "good", "annotator": "eve"}
    two = one | {"label": "bad"}
    with pytest.raises(DataError, match=r"another answer in .* line 1.*nothing was kept"):
        plan(project, lines(tmp_path / "l", one, two))
    early, late = {"at": "2026-01-01T00:00:00Z"}, {"at": "2026-01-01T09:00:00+08:00"}
    found = plan(project, lines(tmp_path / "l", one | early, two | late))
    assert [event.labels for event in found.events] == [("good",), ("bad",)]
    assert [event.at[:19] for event in found.events] == [
        "2026-01-01T00:00:00",
        "2026-01-01T01:00:00",
    ]
    found = plan(project, lines(tmp_path / "l", one | late, two | early))
    assert ([event.labels for event in found.events], found.found.counts) == (
        [("good",)],
        {BEFORE: 1},
    )
    assert len(plan(project, lines(tmp_path / "l", one, one)).events) == 1


def test_what_cannot_be_an_answer_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    ids = [item.example.id for item in queue(project)]
    path = lines(
        tmp_path / "l",
        {"id": ids[0], "label": "marvellous"},
        {"id": ids[1], "labels": ["good", "bad"]},
        {"id": ids[2], "label": "good", "annotator": "a\0b", "note": "\ud800", "at": "yesterday"},
        {"id": ids[3]},
        {"id": ids[4], "label": 3},
    )
    found = plan(project, path)
    assert found.keep(project) == 1
    (kept,) = project.store.annotations()
    assert (kept.annotator, kept.note, kept.labels) == ("a\ufffdb", "\ufffd", ("good",))
    assert found.unanswered == 1
    assert found.found.counts == {
        "answers with the label 'marvellous', which the task lacks": 1,
        "answers with 2 labels, where one is needed": 1,
        "answers with the label '3', which the task lacks": 1,
        SIGNS: 2,
        TIMES: 1,
    }


def test_renamed_labels_and_events_of_other_texts(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    one, two = (item.example for item in queue(project)[:2])
    mine = answer(project, one.id, "eve", "good")
    path = tmp_path / "out"
    export_labels(project, FORMATS.get("jsonl")(), path)
    project.relabel(project.task.renamed("good", "great"))
    same = plan(project, path)
    assert (same.events, same.known) == ((), 1)
    told = {"event": mine.event, "annotator": "eve", "action": "label", "labels": ["great"]}
    moved = plan(project, lines(path, {"id": two.id, "text": two.text, "annotations": [told]}))
    assert (moved.events, moved.found.counts) == ((), {MOVED: 1})


def test_answers_to_texts_that_were_never_asked_are_told(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    asked = {item.example.id for item in queue(project)}
    other = next(one.id for one in project.pool if one.id not in asked)
    found = plan(project, lines(tmp_path / "l", {"id": other, "label": "good"}))
    assert (len(found.events), found.unasked) == (1, 1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"id": "no", "text": "strange", "label": "good"}\n', "None of its 1 texts"),
        ("\n\n", "holds no texts"),
        ('{"text": "x", "label": "good"}\n{"text": ', "line 2"),
    ],
)
def test_files_of_no_use_are_refused(tmp_path: Path, content: str, why: str) -> None:
    project = make_project(tmp_path / "p")
    (tmp_path / "l").write_text(content)
    with pytest.raises(DataError, match=why):
        plan(project, tmp_path / "l")
    with pytest.raises(DataError, match="no such file"):
        plan(project, tmp_path / "nowhere")


def test_a_million_characters(tmp_path: Path) -> None:
    long = "a long text, " * 80_000
    project = make_project(tmp_path / "p", texts=[long, *(f"text {n}" for n in range(30))])
    for name in FORMATS.names():
        to = tmp_path / name
        export_labels(project, FORMATS.get(name)(), to, which="pool")
        found = plan(project, to, name)
        assert (found.texts, found.matched, found.events) == (31, 31, ())


def test_which_texts_go_out(tmp_path: Path) -> None:
    project = filled(tmp_path / "p")
    asked = [item.example.id for item in queue(project)]
    unasked = next(one.id for one in project.pool if one.id not in asked)
    answer(project, unasked, "eve", "good")

    def ids(which: str, **more) -> list[str]:
        return [one.id for one in collect(project, which, **more)]

    assert ids("asked") == [*asked, unasked]
    assert ids("answered") == [*asked[:4], unasked]
    assert ids("open") == [asked[2], *asked[4:]]
    assert ids("pool") == [one.id for one in project.pool]
    blind = list(collect(project, answers=False))
    assert not any(one.events or one.resolved for one in blind)
    with pytest.raises(UsageError, match="no choice of texts called 'all'"):
        list(collect(project, "all"))
    assert model_name("/home/me/models/x.gguf") == "x.gguf"
    assert model_name("openai/gpt-4o") == "openai/gpt-4o"


def test_nothing_is_written_over(tmp_path: Path) -> None:
    project = filled(tmp_path / "p")
    studio, folder = FORMATS.get("label-studio")(), FORMATS.get("hugging-face")()
    to = tmp_path / "out.json"
    done = export_labels(project, studio, to)
    assert done.files == (str(to), str(tmp_path / "out.config.xml"))
    for attempt in (to, tmp_path):
        with pytest.raises(UsageError, match="something already"):
            export_labels(project, studio, attempt)
    export_labels(project, studio, to, overwrite=True)
    with pytest.raises(UsageError, match="something already"):
        export_labels(project, folder, to)
    with pytest.raises(UsageError, match="no such folder"):
        export_labels(project, studio, tmp_path / "no" / "out.json")
    empty = make_project(tmp_path / "q", rounds=0)
    with pytest.raises(UsageError, match="no such texts yet"):
        export_labels(empty, studio, tmp_path / "none.json")
    assert not (tmp_path / "none.json").exists()


def test_a_failed_export_leaves_what_was_there(tmp_path: Path) -> None:
    project = filled(tmp_path / "p")
    to = tmp_path / "out.jsonl"
    to.write_text("mine")
    made = FORMATS.get("jsonl")()

    class Breaks:
        name, folder = "breaks", False

        def beside(self, task):
            return {}

        def write(self, items, task, path):
            made.write((one for one in [next(items)]), task, path)
            raise OSError(28, "No space left on device")

    with pytest.raises(Exception, match="No space left"):
        export_labels(project, Breaks(), to, overwrite=True)  # type: ignore[arg-type]
    assert to.read_text() == "mine"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out.jsonl", "p"]


def test_events_in_one_transaction_are_kept_once(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    some = [event(f"e{n}", f"x{n % 40}", "eve", "label", "good") for n in range(1200)]
    assert project.store.append_all(some) == 1200
    assert project.store.append_all(some[:10]) == 0
    assert [one.event for one in project.store.annotations()] == [one.event for one in some]
