from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from activellm.errors import DataError
from activellm.successors import CardFacts, Metric, write_model_card
from activellm.successors.model_card import _line
from activellm.successors.saved import SavedFacts
from activellm.task import Task

TASK = Task.build(
    description="Which *office* is it for?\n# Not a heading",
    labels=(
        {"name": "roads", "definition": "streets | paths\nand lights"},
        {"name": "<b>parks</b>"},
    ),
    language="de",
)
SAVED = SavedFacts(
    successor="finetune",
    task=TASK,
    settings={"encoder": "bert-base-uncased", "epochs": 25, "seed": 7},
    label_counts={"roads": 20, "<b>parks</b>": 1},
    texts=21,
    encoder={"spec": "bert-base-uncased", "licence": "apache-2.0"},
    warnings=("Only one example of '<b>parks</b>': expect errors there.",),
    versions={"python": "3.11", "torch": "2.13.0"},
)


def card(folder: Path, facts: CardFacts | None = None) -> tuple[dict[str, object], str]:
    SAVED.write(folder)
    write_model_card(folder, facts)
    _, header, body = (folder / "README.md").read_text().split("---\n", 2)
    return yaml.safe_load(header), body


def test_the_facts_of_the_folder_are_there(tmp_path: Path) -> None:
    header, body = card(tmp_path)
    assert header == {
        "language": "de",
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "base_model": "bert-base-uncased",
        "tags": ["activellm", "few-shot"],
    }
    for fact in ("| 20 |", "`bert-base-uncased`", "apache-2.0", '"epochs": 25', '"seed": 7'):
        assert fact in body
    for fact in ("Labelled texts: 21", "torch 2.13.0", TASK.fingerprint, "Only one example"):
        assert fact in body
    assert "Not measured" in body


def test_the_callers_facts_are_there(tmp_path: Path) -> None:
    facts = CardFacts(
        picked="coverage, judged by SmolLM2",
        labelled_by="2 annotators",
        metrics={"accuracy": Metric(0.8125, 0.7, 0.9), "macro F1": Metric(0.5)},
        measured_on="5-fold cross-validation on 21 texts",
        limits=("Tweets only.",),
        licence="CC-BY-4.0",
    )
    header, body = card(tmp_path, facts)
    assert header["license"] == "cc-by-4.0"
    assert "| accuracy | 0.812 (from 0.700 to 0.900) |" in body
    assert "| macro F1 | 0.500 |" in body
    for fact in ("coverage, judged by SmolLM2", "2 annotators", "5-fold", "Tweets only."):
        assert fact in body


def test_what_users_wrote_has_no_effect_as_markup(tmp_path: Path) -> None:
    _, body = card(tmp_path)
    assert "<b>" not in body
    assert "\n# Not a heading" not in body
    assert r"| roads | streets \| paths and lights | 20 |" in body


@given(st.text())
def test_any_text_becomes_one_harmless_line(text: str) -> None:
    line = _line(text)
    assert len(line.splitlines()) <= 1
    assert "<" not in line
    assert ">" not in line
    assert line.replace(r"\|", "").count("|") == 0


def test_without_a_classifier_there_is_no_card(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        write_model_card(tmp_path)
