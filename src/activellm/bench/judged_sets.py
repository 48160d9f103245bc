"""Candidate sets from files of stored judgements: their texts, and what each judge said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from activellm.bench.given import Course, Given, GivenTexts, Opinion, sentences
from activellm.errors import DataError
from activellm.pool import Content
from activellm.pool.identity import content_id, digest
from activellm.recorded import JudgedSet, read_judged_sets

NO_LABEL = "some of their texts are empty or have no known label"


def read_judged(
    files: Mapping[str, Path],
    name: str,
    *,
    content: Callable[[str, str], Content],
    label: Callable[[str], str],
) -> GivenTexts:
    """Read the candidate sets of one data set, and what judges said of them.

    Args:
        files: Judge -> its file. The first that names texts decides the sets.
        name: What the files call the data set.
        content: From a text, and where it stands, to the content; parts pairs.
        label: From a label as the file calls it to that of the task; empty if it is none.

    Raises:
        DataError: If a file cannot be read or does not fit the others, or no set can be used.
    """
    sets = {judge: read_judged_sets(path, name) for judge, path in files.items()}
    named = next((judge for judge in sets if _names_texts(sets[judge])), None)
    if named is None:
        raise DataError(
            f"No file names the texts of {name!r}: 'candidates' are missing.",
            where=", ".join(map(str, files.values())),
        )
    texts: dict[str, tuple[Content, str]] = {}
    usable: dict[str, tuple[str, ...]] = {}
    left_out: Counter[tuple[str, str]] = Counter()
    for called, one in sets[named].items():
        ids = _ids(one, texts, content, label, str(files[named]))
        if ids is None:
            left_out[NO_LABEL, name] += 1
        else:
            usable[called] = ids
    told = sentences("candidate sets", left_out)
    if not usable:
        raise DataError(" ".join(["No candidate set can be used.", *told]), where=str(files[named]))
    labels = tuple(label(one) or one for one in next(iter(sets[named].values())).labels)
    judged = {
        judge: tuple(
            _opinion(sets[named][called], sets[judge].get(called), ids, labels, label, path)
            for called, ids in usable.items()
        )
        for judge, path in files.items()
    }
    courses: tuple[Course, ...] = tuple((tuple(dict.fromkeys(ids)),) for ids in usable.values())
    listed = tuple(map(len, usable.values()))
    given = Given(courses, listed, judged=judged, left_out=told)
    return GivenTexts(given, list(texts.values()), labels)


def _names_texts(sets: Mapping[str, JudgedSet]) -> bool:
    return bool(sets) and all(one.candidates is not None for one in sets.values())


def _ids(
    one: JudgedSet,
    texts: dict[str, tuple[Content, str]],
    content: Callable[[str, str], Content],
    label: Callable[[str], str],
    where: str,
) -> tuple[str, ...] | None:
    """The candidates' ids, copies included; their texts are kept. None if it cannot be used."""
    own: dict[str, tuple[Content, str]] = {}
    ids = []
    for text in one.candidates or ():
        read = content(text.text, f"{where}, set {one.candidate_set}")
        key, known = digest(read), label(text.label.strip())
        if key is None or not known:
            return None
        ids.append(content_id(key))
        own.setdefault(ids[-1], (read, known))
    for id_, row in own.items():
        texts.setdefault(id_, row)
    return tuple(ids)


def _opinion(
    base: JudgedSet,
    own: JudgedSet | None,
    ids: Sequence[str],
    labels: Sequence[str],
    label: Callable[[str], str],
    path: Path,
) -> Opinion:
    """A judge's probabilities by id and label; of copies the first's count."""
    where = f"{path}, {base.dataset}, set {base.candidate_set}"
    if own is None:
        raise DataError("This candidate set is not judged here.", where=where)
    same = own.candidates is None or [one.text for one in own.candidates] == [
        one.text for one in base.candidates or ()
    ]
    if not same or len(own.probabilities) != len(ids):
        raise DataError("It does not judge the texts that the other file names.", where=where)
    names = [label(one) or one for one in own.labels]
    if sorted(names) != sorted(labels):
        raise DataError(
            f"It judges the labels {', '.join(names)}, not {', '.join(labels)}.", where=where
        )
    opinion: dict[str, dict[str, float]] = {}
    for id_, row in zip(ids, own.probabilities, strict=True):
        opinion.setdefault(id_, dict(zip(names, row, strict=True)))
    return opinion
