import subprocess
import sys
from pathlib import Path

import pytest
import tiny_masked
from successor_contract import MULTI, SENTIMENT

from activellm.errors import DataError, UnknownNameError, UsageError
from activellm.successors import (
    SUCCESSORS,
    choose_successor,
    load_successor,
    make_successor,
    read_successor,
)


def test_ours_are_registered() -> None:
    assert {"finetune", "linear"} <= set(SUCCESSORS.names())
    for name in ("finetune", "linear"):
        assert SUCCESSORS.get(name).name == name


def test_an_unknown_name_lists_the_known_ones(tiny: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'linear'.*finetune, linear"):
        make_successor("liner", SENTIMENT, seed=0, encoder=str(tiny))


def test_an_unknown_setting_lists_the_known_ones(tiny: Path) -> None:
    with pytest.raises(UsageError, match=r"no setting 'epochs'.*C, class_weights"):
        make_successor("linear", SENTIMENT, seed=0, encoder=str(tiny), epochs=3)


def test_vectors_of_a_sentence_encoder_are_regressed_on_with_balanced_labels(tiny: Path) -> None:
    name, options, reason = choose_successor(SENTIMENT, str(tiny))
    assert (name, options) == ("linear", {"class_weights": "balanced"})
    assert "rare labels" in reason
    assert choose_successor(MULTI, str(tiny))[:2] == ("linear", {})


def test_an_encoder_with_a_masked_head_is_fine_tuned(tmp_path: Path) -> None:
    folder = tiny_masked.build(tmp_path, "bert", steps=0)
    name, _, reason = choose_successor(SENTIMENT, str(folder))
    assert name == "finetune"
    assert "not made to be compared" in reason


def test_without_torch_words_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activellm.successors.registry.find_spec", lambda _name: None)
    assert choose_successor(SENTIMENT).name == "tfidf"


def test_auto_makes_the_chosen_one_with_its_settings(tiny: Path) -> None:
    made = make_successor("auto", SENTIMENT, seed=0, encoder=str(tiny), device="cpu")
    assert made.name == "linear"
    assert made.settings()["class_weights"] == "balanced"
    plain = make_successor("auto", SENTIMENT, seed=0, encoder=str(tiny), class_weights="none")
    assert plain.settings()["class_weights"] == "none"
    both = make_successor("ensemble", SENTIMENT, seed=0, encoder=str(tiny), inner="auto", members=2)
    assert both.settings()["member"]["class_weights"] == "balanced"


def test_an_empty_folder_is_no_successor(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no trained classifier"):
        load_successor(tmp_path)


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, activellm.successors\n"
        "heavy = ('torch', 'transformers', 'sklearn', 'fastapi', 'pyarrow')\n"
        "print([module for module in heavy if module in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_settings_stand_in_brackets() -> None:
    assert read_successor("linear") == ("linear", {})
    assert read_successor(" finetune(epochs=50, learning_rate=3e-5) ") == (
        "finetune",
        {"epochs": 50, "learning_rate": 3e-5},
    )


@pytest.mark.parametrize(
    "written", ["", "finetune(", "finetune(epochs)", "a b", "linear(C=1)(C=2)"]
)
def test_what_is_no_successor_is_refused(written: str) -> None:
    with pytest.raises(UsageError, match="is no successor"):
        read_successor(written)
