"""The options that make a project: written once, used by every command that takes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


@dataclass(frozen=True)
class ProjectOptions:
    """What the user said on the command line; None where nothing was said."""

    pool: Annotated[
        str | None,
        typer.Argument(
            help="File of texts: CSV, TSV, JSONL, JSON, Parquet or plain lines, also .gz; "
            "- for standard input. Not needed where the project exists already."
        ),
    ] = None
    project: Annotated[
        Path | None,
        typer.Option("--project", help="Project folder. Default: POOL's name + .activellm."),
    ] = None
    text: Annotated[
        str | None, typer.Option("--text", help="Column with the text. Default: found.")
    ] = None
    text_b: Annotated[
        str | None,
        typer.Option("--text-b", help="Column with the second text of a pair."),
    ] = None
    id: Annotated[
        str | None,
        typer.Option("--id", help="Column with stable ids. Default: made from the text."),
    ] = None
    label_column: Annotated[
        str | None,
        typer.Option("--label-column", help="Column with labels that are known already."),
    ] = None
    format: Format = None
    encoding: Encoding = None
    task: Annotated[str | None, typer.Option("--task", help="What is to be decided, in words.")] = (
        None
    )
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME[=DEFINITION]", help="A label; once for each."),
    ] = None
    task_file: Annotated[
        Path | None, typer.Option("--task-file", help="A task.toml in place of options.")
    ] = None
    guidelines: Annotated[
        Path | None,
        typer.Option("--guidelines", help="Rules for annotators, a Markdown file."),
    ] = None
    multi: Annotated[
        bool | None,
        typer.Option("--multi", help="A text may have several labels, or none."),
    ] = None
    language: Annotated[
        str | None, typer.Option("--language", help="The texts' language: en, de, ar ...")
    ] = None
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="paper: listwise by the LLM, thinking step by step, 200 candidates, 32 picks, "
            "BERT fine-tuned for 25 epochs. paper-iterative: the same with 25 picks in 12 rounds.",
        ),
    ] = None
    strategy: Annotated[
        str | None,
        typer.Option(
            "--strategy",
            help="How texts are chosen: auto, coverage, kmeans, listwise, random ... "
            "(activellm list strategies). Default: auto.",
        ),
    ] = None
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            help="A strategy for each round, with its options in brackets: "
            "'coverage*2, bald(passes=20)' is coverage twice, then bald.",
        ),
    ] = None
    llm: Annotated[
        str | None,
        typer.Option(
            "--llm",
            help="Query model: embedded, none, path/to/model.gguf, openai/NAME, anthropic/NAME, "
            "ollama/NAME, http://host/v1#name ... (activellm list models). Default: embedded.",
        ),
    ] = None
    llm_batch: Annotated[
        bool | None,
        typer.Option(
            "--llm-batch/--no-llm-batch",
            help="Ask openai/ and anthropic/ by batches: half the price, answers within a day; a "
            "run that is stopped goes on with them. Default: no.",
        ),
    ] = None
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt",
            help="listwise: how the LLM is asked: a1 to c3 (a with advice, b without, c with "
            "guidelines; 1 list only, 2 think first, 3 explain). Default: b2, c2 with guidelines.",
        ),
    ] = None
    recap: Annotated[
        str | None,
        typer.Option(
            "--recap",
            help="listwise: what a later round tells of earlier picks: none, text, index, classes. "
            "Default: classes.",
        ),
    ] = None
    answers: Annotated[
        str | None,
        typer.Option("--answers", help="listwise: the LLM answers in text or json. Default: text."),
    ] = None
    shown: Annotated[
        int | None,
        typer.Option(
            "--shown",
            help="listwise: the longest list in one prompt; more candidates are judged in heats. "
            "Default: 200.",
        ),
    ] = None
    committee: Annotated[
        list[str] | None,
        typer.Option("--committee", help="listwise: a further LLM that votes; once for each."),
    ] = None
    orders: Annotated[
        int | None,
        typer.Option("--orders", help="listwise: orders in which each LLM votes. Default: 1."),
    ] = None
    parallel: Annotated[
        int | None,
        typer.Option("--parallel", help="Questions to a server at a time. Default: by provider."),
    ] = None
    requests_per_minute: Annotated[
        int | None,
        typer.Option("--requests-per-minute", help="The most that a server is sent."),
    ] = None
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", help="US dollars that LLMs may cost in this project."),
    ] = None
    max_tokens: Annotated[
        int | None,
        typer.Option("--max-tokens", help="Tokens that LLMs may read and write in this project."),
    ] = None
    prices: Annotated[
        str | None, typer.Option("--prices", help="A TOML file of prices that goes before ours.")
    ] = None
    local_only: Annotated[
        bool | None,
        typer.Option(
            "--local-only",
            help="Refuse LLMs that run elsewhere; the project keeps to it from now on.",
        ),
    ] = None
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact", help="Replace personal data in all that LLMs read. Default: no."
        ),
    ] = None
    candidates: Annotated[
        int | None,
        typer.Option("--candidates", help="Texts that one selection looks at. Default: 200."),
    ] = None
    select: Annotated[
        int | None, typer.Option("--select", help="Texts to label in a round. Default: 32.")
    ] = None
    rounds: Annotated[
        int | None,
        typer.Option(
            "--rounds", help="Rounds of selecting, labelling and training in all. Default: 1."
        ),
    ] = None
    keep_candidates: Annotated[
        bool | None,
        typer.Option(
            "--keep-candidates/--renew-candidates",
            help="Later rounds go on with the first one's candidates, or draw new ones. "
            "Default: new ones.",
        ),
    ] = None
    stopping: Annotated[
        str | None,
        typer.Option(
            "--stopping",
            help="Criteria that advise when to stop, such as 'kappa(threshold=0.98), rounds(10)' "
            "(activellm list stopping). Default: all that need no limit.",
        ),
    ] = None
    sampler: Annotated[
        str | None,
        typer.Option(
            "--sampler",
            help="How candidates are drawn: random, or spread over the whole pool "
            "(activellm list samplers). Default: random.",
        ),
    ] = None
    fold_near: Annotated[
        float | None,
        typer.Option(
            "--fold-near",
            help="Show only the first of texts that are so alike: 0.8 is a changed word in ten. "
            "Default: only exact duplicates fold.",
        ),
    ] = None
    successor: Annotated[
        str | None,
        typer.Option(
            "--successor",
            help="The learner, with settings of its own in brackets: linear, setfit, "
            "'finetune(epochs=50)' ... (activellm list successors). Default: auto.",
        ),
    ] = None
    ensemble: Annotated[
        int | None,
        typer.Option(
            "--ensemble",
            help="Train so many classifiers, each with a seed of its own, and answer by their "
            "mean; shows where they differ. Default: 1.",
        ),
    ] = None
    weak_labels: Annotated[
        bool | None,
        typer.Option(
            "--weak-labels/--no-weak-labels",
            help="Train also on the LLM's labels of candidates that nobody labelled, as far as "
            "people's labels show that it is right. Default: no.",
        ),
    ] = None
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", help="embedded, a folder, or a hub id. Default: embedded."),
    ] = None
    device: Annotated[
        str | None, typer.Option("--device", help="auto, cpu or cuda. Default: auto.")
    ] = None
    holdout: Annotated[
        int | None,
        typer.Option(
            "--holdout",
            help="Texts drawn at random to be labelled as well, only for measuring. Default: 0.",
        ),
    ] = None
    powered: Annotated[
        int | None,
        typer.Option(
            "--powered",
            help="With --holdout: further random texts that the LLM judges, for a narrower "
            "interval of the accuracy, such as 200. Default: 0.",
        ),
    ] = None
    draws: Annotated[
        int | None,
        typer.Option("--draws", help="Simulation: random selections to compare with. Default: 20."),
    ] = None
    test: Annotated[
        Path | None,
        typer.Option("--test", help="Simulation: labelled file to measure on."),
    ] = None
    test_size: Annotated[
        int | None,
        typer.Option(
            "--test-size",
            help="Simulation without --test: pool texts to measure on. Default: 1000.",
        ),
    ] = None
    oracle: Annotated[
        str | None,
        typer.Option(
            "--oracle",
            help="Who labels: browser, terminal, file:LABELS.csv, column:NAME (simulation). "
            "Default: browser.",
        ),
    ] = None
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            help="Keep answers on a PostgreSQL server: postgresql://user@host/name. "
            "Default: a file in the project folder.",
        ),
    ] = None
    seed: Annotated[
        int | None, typer.Option("--seed", help="Decides all that is random. Default: 0.")
    ] = None


@dataclass(frozen=True)
class PageOptions:
    """How the labelling page is served."""

    port: Annotated[
        int | None, typer.Option("--port", help="Port of the labelling page. Default: a free one.")
    ] = None
    browser: Annotated[
        bool,
        typer.Option("--browser/--no-browser", help="Open the labelling page in the browser."),
    ] = True


@dataclass(frozen=True)
class TeamOptions:
    """How several people label; None where nothing was said."""

    host: Annotated[
        str | None,
        typer.Option(
            "--host",
            help="Address to listen on; 0.0.0.0 is all of them. Default: this machine only.",
        ),
    ] = None
    public_url: Annotated[
        str | None,
        typer.Option(
            "--public-url", help="What a reverse proxy shows: https://example.org/labels."
        ),
    ] = None
    overlap: Annotated[
        int | None, typer.Option("--overlap", help="People who label each text. Default: 1.")
    ] = None
    consensus: Annotated[
        str | None,
        typer.Option(
            "--consensus",
            help="How their answers become one label: majority, dawid-skene or crowdlab.",
        ),
    ] = None
    soft_labels: Annotated[
        bool | None,
        typer.Option(
            "--soft-labels/--hard-labels",
            help="Train on all answers to a text in part, not on the resolved label alone.",
        ),
    ] = None
    reveal: Annotated[
        str | None,
        typer.Option(
            "--reveal",
            help="When annotators may see what the LLM expects: never, after or before they "
            "answer. Default: never.",
        ),
    ] = None
    repeats: Annotated[
        float | None,
        typer.Option("--repeats", help="Part of the texts that each annotator sees twice, 0 to 1."),
    ] = None
    checks: Annotated[
        int | None,
        typer.Option("--checks", help="Texts of known label that every annotator gets."),
    ] = None


Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for programs.")]
Format = Annotated[
    str | None, typer.Option("--format", help="csv, tsv, jsonl, json, parquet or txt.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="The file's encoding. Default: found.")
]
Folder = Annotated[
    Path | None,
    typer.Option("--project", help="Project folder. Default: the only one here."),
]
