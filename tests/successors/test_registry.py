import subprocess
import sys
from pathlib import Path

import pytest
import torch
from successor_contract import SENTIMENT

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


def test_on_a_cpu_linear_is_chosen_on_a_gpu_finetune(monkeypatch: pytest.MonkeyPatch) -> None:
    name, reason = choose_successor("cpu")
    assert name == "linear"
    assert "GPU" in reason
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_successor("auto").name == "finetune"
    with pytest.raises(UsageError, match="abacus"):
        choose_successor("abacus")


def test_auto_makes_the_chosen_one(tiny: Path) -> None:
    made = make_successor("auto", SENTIMENT, seed=0, encoder=str(tiny), device="cpu")
    assert made.name == choose_successor("cpu").name


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
