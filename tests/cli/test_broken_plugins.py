"""What other packages add: broken ones are named and skipped, and break nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from plugin_packages import install

from activellm.cli.main import told
from activellm.errors import UnknownNameError
from activellm.plugins import PluginError
from activellm.selection import STRATEGIES, open_strategy
from activellm.settings import Settings
from activellm.successors import SUCCESSORS

STRATEGY = """
class Mine:
    "My own way. Second sentence."
    name, needs, source = {name!r}, frozenset(), "me"
    def select(self, context, n):
        return n / 0
"""
GROUP = "activellm.strategies"


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages with good and broken things."""
    install(
        tmp_path,
        "first-pack",
        {
            GROUP: {
                "mine": "first_good:Mine",
                "kmeans": "first_good:Mine",
                "gone": "first_gone:Mine",
                "exits": "first_exits:Mine",
                "absent": "first_good:Other",
                "number": "first_good:NUMBER",
                "half": "first_good:Half",
                "loose": "first_good:Loose",
                "renamed": "first_good:Mine",
                "two words": "first_good:Mine",
            },
            "activellm.successors": {"nothing": "first_gone:Nothing"},
            "activellm.models": {"broken-model": "first_gone:model", "http": "first_gone:model"},
        },
        first_good=STRATEGY.format(name="mine")
        + "NUMBER = 5\nclass Half: name, source, needs = 'half', 'me', frozenset()\n"
        "class Loose(Mine): name, needs = 'loose', 5\n",
        first_gone="import no_such_package_at_all",
        first_exits="raise SystemExit('bye')",
    )
    install(
        tmp_path,
        "second-pack",
        {GROUP: {"mine": "second_good:Mine"}},
        second_good=STRATEGY.format(name="mine"),
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("first_good", "first_gone", "first_exits", "second_good"):
        sys.modules.pop(name, None)


WHY = {
    "kmeans": "ActiveLLM has one of that name, which stays.",
    "gone": "ModuleNotFoundError at its import: No module named 'no_such_package_at_all'.",
    "exits": "SystemExit at its import: bye.",
    "absent": "AttributeError at its import: module 'first_good' has no attribute 'Other'.",
    "number": "first_good:NUMBER is no class or function but int.",
    "half": "first_good:Half has no select.",
    "loose": "The needs of first_good:Loose are no set of words.",
    "renamed": "first_good:Mine calls itself 'mine'; both names must be the same.",
    "two words": "Its name is no word of letters, digits, '.', '_' and '-'.",
    "mine": "The package first-pack 1.0 has one of that name, which stays.",
}


def test_each_is_named_with_the_reason_and_the_good_one_works(packages: Path) -> None:
    skipped = {one.name: one.problem for one in STRATEGIES.plugins(load=True) if one.problem}
    assert skipped == WHY
    assert type(open_strategy("mine")).__module__ == "first_good"
    assert STRATEGIES.get("kmeans").__module__ == "activellm.selection.kmeans"


def test_names_import_nothing(packages: Path) -> None:
    assert {"mine", "gone", "exits"} <= {*STRATEGIES.names()}
    assert "two words" not in STRATEGIES.names()
    assert not {"first_good", "first_gone"} & {*sys.modules}


def test_asking_for_a_broken_one_says_whose_it_is_before_any_work(packages: Path) -> None:
    with pytest.raises(PluginError) as caught:
        Settings.build(strategy="gone").check_names()
    told = str(caught.value)
    assert told.startswith("--strategy: The query strategy 'gone' of the package first-pack 1.0 ")
    assert "No module named 'no_such_package_at_all'" in told
    with pytest.raises(PluginError, match="'nothing' of the package first-pack"):
        SUCCESSORS.check("nothing")
    with pytest.raises(UnknownNameError, match="no query strategy called 'two words'"):
        STRATEGIES.check("two words")


def test_people_see_them_in_the_lists(packages: Path, activellm: Callable) -> None:
    listed = activellm("list", "strategies", "--json").json["strategies"]
    good = {one["name"]: one for one in listed if "usable" not in one}
    bad = {one["name"]: one["why"] for one in listed if one.get("usable") is False}
    assert good["mine"]["package"] == "first-pack 1.0"
    assert bad == WHY
    told = " ".join(activellm("list", "strategies").out.split())
    assert "mine My own way. Second sentence. Source: me Added by first-pack 1.0." in told
    assert "half Skipped, from the package first-pack 1.0. Cannot be used: first_good:Half" in told


def test_one_that_fails_at_its_work_is_named(packages: Path) -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        open_strategy("mine").select(None, 1)
    code, words = told(caught.value)
    assert code == 1
    assert words.startswith("Error: The package first-pack 1.0, which adds to activellm, failed: ")
    with pytest.raises(ZeroDivisionError) as ours:
        _ = 1 / 0
    assert told(ours.value)[1].startswith("Internal error: ZeroDivisionError")


def test_models_and_the_list_of_all_plugins(packages: Path, activellm: Callable) -> None:
    models = activellm("list", "models", "--json").json["models"]
    broken = [one for one in models if one["about"] == "Added by first-pack 1.0"]
    assert [(one["name"], one["usable"]) for one in broken] == [
        ("broken-model", False),
        ("http", False),
    ]
    plugins = activellm("list", "plugins", "--json").json["plugins"]
    ours = [one for one in plugins if one["package"] in ("first-pack 1.0", "second-pack 1.0")]
    assert len(ours) == 11 + 1 + 2
    assert [one["name"] for one in ours if "why" not in one] == ["mine"]
    assert {one["kind"] for one in ours} == {"strategies", "successors", "models"}
