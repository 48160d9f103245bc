"""`activellm contamination`: has a query model seen a data set?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from activellm.cli.options import Encoding, Format, Json


def command(
    file: Annotated[str, typer.Argument(help="File of texts, of any kind that a pool may have.")],
    llm: Annotated[
        str, typer.Option("--llm", help="Query model, as in run. Default: embedded.")
    ] = "embedded",
    text: Annotated[
        str | None, typer.Option("--text", help="Column with the text. Default: found.")
    ] = None,
    text_b: Annotated[
        str | None, typer.Option("--text-b", help="Column with the second text of a pair.")
    ] = None,
    format: Format = None,
    encoding: Encoding = None,
    sample: Annotated[int, typer.Option("--sample", help="Texts that each method looks at.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="Decides all that is random.")] = 0,
    data_name: Annotated[
        str,
        typer.Option(
            "--data-name", help="The data set's name: also test whether telling it helps the LLM."
        ),
    ] = "",
    split: Annotated[
        str, typer.Option("--split", help="The part of that data set: train, test ...")
    ] = "",
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="Folder that keeps the LLM's answers, to ask once only."),
    ] = None,
    local_only: Annotated[
        bool, typer.Option("--local-only", help="Refuse LLMs that run elsewhere.")
    ] = False,
    redact: Annotated[
        bool, typer.Option("--redact", help="Replace personal data in all that LLMs read.")
    ] = False,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", help="US dollars that the LLM may cost.")
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option("--max-tokens", help="Tokens that the LLM may read and write.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Look for signs that a query model has seen a data set: then its results there mislead."""
    from dataclasses import asdict

    from activellm.cli.console import Screen
    from activellm.contamination import check_contamination
    from activellm.llm import Guard, guarded, open_model
    from activellm.llm.budget import Budget
    from activellm.llm.redaction import Redactor
    from activellm.pool import Pool

    with Screen(as_json=as_json) as screen:
        guard = Guard(
            local_only=local_only,
            redact=Redactor() if redact else None,
            budget=Budget(max_cost, max_tokens),
            recordings=recordings,
        )
        model = guarded(open_model(llm), guard)
        pool = Pool.read(
            file,
            format=format,
            encoding=encoding,
            text=text,
            text_b=text_b,
            progress=screen.progress,
        )
        report = check_contamination(
            [example.content for example in pool],
            model,
            sample=sample,
            seed=seed,
            data_name=data_name,
            split=split,
            progress=screen.progress,
        )
        screen.say(report.sentence)
        for one in report.findings:
            screen.say(
                f"  {one.method:<18} {one.effect:+.3f}  {one.low:+.3f} to {one.high:+.3f}  "
                f"p = {one.corrected_p:.2g}  {one.texts} texts"
            )
        for other in report.untested:
            screen.say(f"  {other.method:<18} not tested: {other.why}")
        screen.result(asdict(report))
