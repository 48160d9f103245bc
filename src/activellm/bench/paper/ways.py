"""Which row of a paper's table a measurement belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from activellm.bench.experiment import BASE
from activellm.bench.paper.modes import OTHER_SYSTEM_PROMPT, PROMPTS, mode_in_words, shown_in
from activellm.bench.paper.tables import RECAPS

RECORDED = "recorded/"
_RECAP = re.compile(r"listwise\(recap=(\w+)\)(?:\*(\d+), ([\w-]+))?")


def task_of(data: str) -> str:
    """The data set that an entry of an experiment stands for."""
    return data.partition(",")[0]


def way_of(table: str, row: Mapping[str, Any]) -> str:
    """What a table calls the way of choosing of a measurement; as in `numbers.toml`.

    Args:
        table: The table's name.
        row: A line of an experiment's scores.
    """
    schedule, prompt = str(row["schedule"]), str(row["prompt"])
    recorded = str(row["llm"]).startswith(RECORDED)
    if schedule == BASE:
        return BASE
    if table == "iterative":
        return _recap(row) if recorded else _iterative(schedule)
    if not schedule.startswith("listwise"):
        return schedule.rpartition(" ")[2]
    if table == "prompts":
        return PROMPTS.get(prompt, mode_in_words(prompt)) if recorded else prompt
    if table == "shown":
        return f"{shown_in(prompt) if recorded else row['candidates']} shown"
    if table == "llms":
        shown = shown_in(prompt) if recorded else row["candidates"]
        return f"{str(row['llm']).rpartition('/')[2]}, {shown} shown"
    return "ActiveLLM"


def llm_of(row: Mapping[str, Any]) -> str:
    """Who chose, in words; empty where no LLM did."""
    llm = str(row["llm"])
    if llm.startswith(RECORDED):
        return f"{llm.removeprefix(RECORDED)}, recorded"
    return "" if llm == "none" else llm


def _recap(row: Mapping[str, Any]) -> str:
    recap = str(row["data"]).partition(", ")[2]
    other = ", other system prompt" if row["prompt"] == OTHER_SYSTEM_PROMPT else ""
    return f"LLM, {recap}{other}"


def _iterative(schedule: str) -> str:
    """A cold start is "random, bald"; a warm one begins with some rounds of the LLM."""
    found = _RECAP.fullmatch(schedule)
    if found is None:
        return f"cold {schedule.rpartition(' ')[2]}"
    recap, rounds, then = found.groups()
    if then is None:
        return RECAPS[recap]
    return f"warm {then}" if rounds == "4" else f"warm {then} ({25 * int(rounds)})"
