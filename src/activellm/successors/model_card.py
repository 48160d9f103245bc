"""The model card of a saved classifier, made of recorded facts and nothing else."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activellm.files import write_text
from activellm.successors.saved import SavedFacts

FILE = "README.md"
_EMBEDDED_HUB_ID = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Metric:
    """One measured number, with its interval if there is one (all from 0 to 1)."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CardFacts:
    """What the card can say beyond what the classifier's folder itself records.

    Attributes:
        picked: How the labelled texts were chosen: strategy, query model, seed; in a sentence.
        labelled_by: Who labelled them ("2 annotators", "a gold column").
        metrics: Name -> what was measured.
        measured_on: On which texts, and how many; in a sentence.
        calibration: How far its probabilities can be trusted, one sentence each.
        limits: What a user must know before trusting it, one sentence each.
        licence: The licence that the model is given to others under; an identifier.
        onnx: What is known of the ONNX files in the folder, one sentence each.
    """

    picked: str = ""
    labelled_by: str = ""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    measured_on: str = ""
    calibration: Sequence[str] = ()
    limits: Sequence[str] = ()
    licence: str = ""
    onnx: Sequence[str] = ()


def write_model_card(folder: Path, facts: CardFacts | None = None) -> None:
    """Write (or write anew) the `README.md` of a saved classifier.

    Args:
        folder: What a successor's `save` wrote.
        facts: What is known beyond that.

    Raises:
        DataError: If the folder holds no trained classifier.
    """
    saved, known = SavedFacts.read(folder), facts or CardFacts()
    sections = [
        _front(saved, known),
        f"# {_line(saved.task.description)}",
        "A text classifier trained with ActiveLLM. This page holds recorded facts only.",
        _labels(saved),
        _training(saved, known),
        _quality(known),
        _calibration(known),
        _use(saved),
        _onnx(saved, known),
        _limits(saved, known),
        _licence(saved, known),
        _versions(saved),
    ]
    write_text(folder / FILE, "\n\n".join(section for section in sections if section) + "\n")


def _front(saved: SavedFacts, known: CardFacts) -> str:
    """The header that the Hugging Face hub reads. JSON strings are YAML strings."""
    spec = saved.encoder.get("spec", "")
    base = _EMBEDDED_HUB_ID if spec == "embedded" else spec
    fields = {
        "language": json.dumps(saved.task.language),
        "license": json.dumps(known.licence.lower()) if known.licence else "",
        "library_name": "transformers" if saved.successor == "finetune" else "activellm",
        "pipeline_tag": "text-classification",
        "base_model": json.dumps(base) if _is_hub_id(base) else "",
        "tags": '["activellm", "few-shot"]',
    }
    return "\n".join(["---", *(f"{key}: {value}" for key, value in fields.items() if value), "---"])


def _labels(saved: SavedFacts) -> str:
    task = saved.task
    rows = [
        f"| {_line(label.name)} | {_line(label.definition)} | {saved.label_counts[label.name]} |"
        for label in task.labels
    ]
    kind = "any number of these labels" if task.multi else "exactly one of these labels"
    subject = "A pair of texts" if task.pair else "A text"
    head = ["| label | meaning | training texts |", "|---|---|---|"]
    return "\n".join(["## Labels", f"{subject} gets {kind}.", "", *head, *rows])


def _training(saved: SavedFacts, known: CardFacts) -> str:
    spec, licence = saved.encoder.get("spec", ""), saved.encoder.get("licence") or "not known"
    encoder = f", from the encoder `{_code(spec)}` (its licence: {_line(licence)})" if spec else ""
    lines = [
        f"- Learner: `{saved.successor}`{encoder}",
        f"- Labelled texts: {saved.texts}",
        f"- How they were chosen: {_line(known.picked)}" if known.picked else "",
        f"- Labelled by: {_line(known.labelled_by)}" if known.labelled_by else "",
        f"- Settings: `{_code(json.dumps(dict(saved.settings), ensure_ascii=False))}`",
    ]
    return "\n".join(["## Training", *(line for line in lines if line)])


def _quality(known: CardFacts) -> str:
    if not known.metrics:
        return "## Quality\nNot measured when this page was written."
    rows = [f"| {_line(name)} | {_measured(metric)} |" for name, metric in known.metrics.items()]
    return "\n".join(
        [
            "## Quality",
            _line(known.measured_on),
            "",
            "| metric | value, with 95 % interval |",
            "|---|---|",
            *rows,
        ]
    )


def _measured(metric: Metric) -> str:
    if metric.low is None or metric.high is None:
        return f"{metric.value:.3f}"
    return f"{metric.value:.3f} (from {metric.low:.3f} to {metric.high:.3f})"


def _calibration(known: CardFacts) -> str:
    unknown = "How far the probabilities can be trusted was not measured."
    lines = [f"- {_line(line)}" for line in known.calibration] or [unknown]
    return "\n".join(["## Calibration", *lines])


def _onnx(saved: SavedFacts, known: CardFacts) -> str:
    """How to run the ONNX files without ActiveLLM."""
    if not known.onnx:
        return ""
    apart = saved.task.pair and saved.successor != "finetune"
    texts = '["first", "second"]' if saved.task.pair else '["some text"]'
    if saved.task.pair and not apart:
        texts = '["first"], ["second"]'
    chances = "probabilities = np.exp(-np.logaddexp(0, -logits))"
    if not saved.task.multi:
        chances = (
            "odds = np.exp(logits - logits.max(1, keepdims=True))\n"
            "probabilities = odds / odds.sum(1, keepdims=True)"
        )
    note = "Each text of a pair is a row of its own: first, second, first, second, ...\n\n"
    return (
        "## ONNX\n"
        + "\n".join(f"- {_line(line)}" for line in known.onnx)
        + f"\n\n{note if apart else ''}"
        "```python\nimport numpy as np\nimport onnxruntime\n"
        "from transformers import AutoTokenizer\n\n"
        'tokenizer = AutoTokenizer.from_pretrained("this/folder")\n'
        'session = onnxruntime.InferenceSession("this/folder/model.onnx")\n'
        f'batch = tokenizer({texts}, truncation=True, padding=True, return_tensors="np")\n'
        "inputs = {one.name: batch[one.name] for one in session.get_inputs()}\n"
        "logits = session.run(None, inputs)[0]\n"
        f"{chances}\n```"
    )


def _licence(saved: SavedFacts, known: CardFacts) -> str:
    said = f"{_line(known.licence)}." if known.licence else "None is stated for this model."
    encoder = saved.encoder.get("licence")
    more = f" The encoder that it was made from is under {_line(encoder)}." if encoder else ""
    return f"## Licence\n{said}{more}"


def _use(saved: SavedFacts) -> str:
    spec = saved.encoder.get("spec", "")
    if saved.successor != "finetune" and spec.startswith("./"):
        return (
            "## Use\nThe folder does not hold the encoder; `here` is where you have it.\n\n"
            "```python\nfrom pathlib import Path\n\n"
            "from activellm.encoders import open_encoder\n"
            "from activellm.successors import load_successor\n\n"
            "encoder = open_encoder(here)\n"
            'classifier = load_successor(Path("this/folder"), encoder=encoder)\n```'
        )
    if saved.successor != "finetune":
        return (
            "## Use\n```python\nfrom pathlib import Path\n\n"
            "from activellm.successors import load_successor\n\n"
            'classifier = load_successor(Path("this/folder"))\n```'
        )
    content = '{"text": "first", "text_pair": "second"}' if saved.task.pair else '"some text"'
    return (
        "## Use\n```python\nfrom transformers import pipeline\n\n"
        'classify = pipeline("text-classification", model="this/folder", truncation=True)\n'
        f"classify({content})\n```"
    )


def _limits(saved: SavedFacts, known: CardFacts) -> str:
    general = (
        f"Trained on {saved.texts} labelled texts; on texts of another kind or language it may "
        "be wrong more often than measured."
    )
    lines = dict.fromkeys([general, *saved.warnings, *known.limits])
    return "\n".join(["## Limits", *(f"- {_line(line)}" for line in lines)])


def _versions(saved: SavedFacts) -> str:
    listed = ", ".join(f"{name} {number}" for name, number in saved.versions.items())
    return f"## Versions\n{listed}; task {saved.task.fingerprint}."


def _is_hub_id(spec: str) -> bool:
    return bool(spec) and not Path(spec).expanduser().exists() and not spec.startswith((".", "/"))


def _line(text: str) -> str:
    """Untrusted text on one line, without Markdown or HTML taking effect."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    for mark in "\\`*_[]#|":
        escaped = escaped.replace(mark, f"\\{mark}")
    return escaped


def _code(text: str) -> str:
    """Untrusted text inside backticks."""
    return " ".join(text.replace("`", "'").split())
