"""The paper's tables: which ways of choosing on which data sets, and with which learners.

Source: Bayer, Lutz and Reuter, ActiveLLM (TACL 14, 2026; arXiv 2405.10808); the training settings
are those of the authors' logs.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from activellm.bench.paper.study import LONG, Study, Table
from activellm.errors import UnknownNameError

GLUE = ("sst2", "cola", "mrpc", "qnli", "qqp", "rte", "mnli", "wnli")

COLD = ("bald", "least-confidence", "entropy")
RECAPS: Mapping[str, str] = MappingProxyType(
    {"index": "LLM, recap by index", "text": "LLM, recap as text", "none": "LLM, no recap"}
)
"""What a later prompt tells of earlier picks, and what the table calls it."""


def _own(*tasks: str) -> dict[str, tuple[str, ...]]:
    return {task: (task,) for task in tasks}


_LLM = "recorded sessions or an LLM"

_CLASSIC = (*(f"random, {one}" for one in (*COLD, "discriminative", "cal")), "kmeans")

_WARM = (*(f"listwise(recap=index)*4, {one}" for one in COLD), "listwise(recap=index)*2, entropy")

_MAIN = Table(
    "main",
    "ActiveLLM and the classic strategies against random picking, 32 labels",
    f"data; {_LLM} for ActiveLLM",
    (
        Study("recorded-cti", sessions=_own("cti"), modes=("10",), successors=(LONG,)),
        Study("recorded", sessions=_own(*GLUE, "ag_news"), modes=("10",)),
        Study("cti", ("cti",), ("listwise",), successors=(LONG,)),
        Study("glue", (*GLUE, "ag_news"), ("listwise",)),
        Study("classic-cti", ("cti",), _CLASSIC, select=(8,), rounds=4, successors=(LONG,)),
        Study("classic", (*GLUE, "ag_news"), _CLASSIC, select=(8,), rounds=4),
    ),
    labels=(32,),
)

_CTI_GUIDELINES = """\
Relevant: it names a weakness, malware, an exploit, an indicator such as an address or a hash, a \
method, code, a fix, or an advisory whose content is plain.
Not relevant: who was hit and how many, news and advice for everybody, opinions, talks, adverts, \
digests of several subjects, and links of which the text does not say where they lead.
A tweet that is both is relevant. In doubt it is not."""

_PROMPTS = Table(
    "prompts",
    "the prompts a1 to c2 on CTI, 32 labels",
    _LLM,
    (
        Study("recorded", sessions=_own("cti"), modes=tuple("1234567"), successors=(LONG,)),
        Study(
            "live",
            ("cti",),
            ("listwise",),
            prompts=("a1", "a2", "a3", "b1", "b2", "b3"),
            successors=(LONG,),
        ),
        Study(
            "guidelines",
            ("cti",),
            ("listwise",),
            prompts=("c2",),
            guidelines=_CTI_GUIDELINES,
            successors=(LONG,),
        ),
    ),
)

_SHOWN = Table(
    "shown",
    "50, 100, 200 and 400 candidates shown on CTI, 32 labels",
    _LLM,
    (
        Study("recorded", sessions=_own("cti"), modes=("8", "9", "10", "11"), successors=(LONG,)),
        Study(
            "live",
            ("cti",),
            ("listwise(shown=400)",),
            candidates=(50, 100, 200, 400),
            successors=(LONG,),
        ),
    ),
)

_TENS = tuple(range(10, 101, 10))

_PICKS = Table(
    "picks",
    "10 to 100 picks on SST-2 and CTI",
    _LLM,
    (
        Study(
            "recorded",
            sessions={
                task: (*(f"{task}_{number}" for number in _TENS), task) for task in ("sst2", "cti")
            },
            modes=("10",),
        ),
        Study("live", ("sst2", "cti"), ("listwise",), select=(*_TENS[:3], 32, *_TENS[3:])),
    ),
)

_LLMS = Table(
    "llms",
    "LLMs on the tasks of GLUE, 32 labels",
    "recorded sessions or LLMs",
    (
        Study("recorded", sessions=_own(*GLUE), llms=()),
        Study("live", GLUE, ("listwise",)),
    ),
)

_ITERATIVE = Table(
    "iterative",
    "25 to 300 labels, 25 a round: the LLM's recaps, cold and warm start",
    f"data; {_LLM} for ActiveLLM, an LLM for the warm start",
    (
        Study(
            "recorded",
            sessions={
                "sst2, recap by index": ("sst2_25_cont_index_recap",),
                "sst2, recap as text": ("sst2_25_cont_text_recap",),
                "sst2, no recap": ("sst2_25_cont",),
                "cti, recap by index": ("cti_25_cont_index_recap",),
            },
            select=(25,),
            rounds=12,
        ),
        Study(
            "pool",
            ("sst2", "cti"),
            (
                *(f"random, {one}" for one in COLD),
                *(f"listwise(recap={recap})" for recap in RECAPS),
                *_WARM,
            ),
            select=(25,),
            rounds=12,
        ),
    ),
    labels=(25, 50, 100, 200, 300),
)

_FEW_SHOT = Table(
    "few-shot",
    "SetFit, ADAPET and PERFECT with ActiveLLM's picks, 16 and 32 labels",
    f"{_LLM}; ADAPET and PERFECT an encoder with a masked-language head",
    (
        Study(
            "recorded",
            sessions={
                "cr": ("CR_16", "CR", "setfit32/CR"),
                "ag_news": ("setfit32/ag_news",),
                "amazon_counterfactual_en": (
                    *("amazon_counterfactual_en_16", "setfit32/amazon_counterfactual_en"),
                ),
                "emotion": ("emotion_48", "setfit32/emotion"),
                "sst5": ("sst5_40", "setfit32/sst5"),
            },
            successors=("setfit", "adapet", "perfect"),
        ),
        Study(
            "live",
            ("cr", "ag_news", "amazon_counterfactual_en", "emotion", "sst5"),
            ("listwise",),
            select=(16, 32),
            successors=("setfit", "adapet", "perfect"),
        ),
    ),
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {one.name: one for one in (_MAIN, _PROMPTS, _SHOWN, _PICKS, _LLMS, _ITERATIVE, _FEW_SHOT)}
)
"""All tables by name."""


def table(name: str) -> Table:
    """One table.

    Raises:
        UnknownNameError: With the list of those that there are.
    """
    if name not in TABLES:
        raise UnknownNameError("table of the paper", name, TABLES, where="TABLE")
    return TABLES[name]
