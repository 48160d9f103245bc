import gzip
import json
import re
import stat
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from personal_data import with_data, without_data
from query_model_contract import LABELS, QueryModelContract, ask

from activellm.errors import DataError, MissingExtraError, UsageError
from activellm.llm import Message, QueryModel, RecordedModel, ScriptedModel
from activellm.llm.presidio import PresidioAnalyzer
from activellm.llm.redaction import RedactedModel, Redactor, letters
from activellm.llm.redaction_rules import KINDS, find, is_iban, is_list, is_luhn, plain


class TestContract(QueryModelContract):
    cuts = False

    @pytest.fixture
    def model(self) -> QueryModel:
        model = ScriptedModel(
            respond=lambda messages: f"seen {len(messages[-1].content)}",
            score=lambda prompt, text: -1.0 - len(text) - len(prompt[-1].content),
        )
        return RedactedModel(model, Redactor())


def kinds(text: str) -> list[tuple[str, str]]:
    return [(found.kind, text[found.start : found.end]) for found in find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to bob.smith+x@mail.example.co.uk.", [("EMAIL", "bob.smith+x@mail.example.co.uk")]),
        ("...bob@example.com", [("EMAIL", "bob@example.com")]),
        ("bob [at] example [dot] com", [("EMAIL", "bob [at] example [dot] com")]),
        ("from vince . j @ enron . com ,", [("EMAIL", "from vince . j @ enron . com"[5:])]),
        ("bob@exam [...] end", [("EMAIL", "bob@exam")]),
        ("jörg@müller.de", [("EMAIL", "jörg@müller.de")]),
        ("call +49 (0)30 901820, ok", [("PHONE", "+49 (0)30 901820")]),
        ("call 0049 30 901820", [("PHONE", "0049 30 901820")]),
        ("01 47 20 00 01", [("PHONE", "01 47 20 00 01")]),
        ("01.47.20.00.01", [("PHONE", "01.47.20.00.01")]),
        ("(030) 1234567", [("PHONE", "(030) 1234567")]),
        ("1-800-555-0199", [("PHONE", "1-800-555-0199")]),
        ("713 - 853 - 3848", [("PHONE", "713 - 853 - 3848")]),
        ("+49 170 1234567 and 12, 13", [("PHONE", "+49 170 1234567")]),
        ("٠٣٠ ١٢٣٤٥٦٧", [("PHONE", "٠٣٠ ١٢٣٤٥٦٧")]),
        # Examples of the standards and of the schemes themselves.
        ("DE89 3704 0044 0532 0130 00 ABC", [("IBAN", "DE89 3704 0044 0532 0130 00")]),
        ("GB29NWBK60161331926819", [("IBAN", "GB29NWBK60161331926819")]),
        ("4111 1111 1111 1111", [("CARD", "4111 1111 1111 1111")]),
        ("3782-822463-10005", [("CARD", "3782-822463-10005")]),
        ("5555555555554444", [("CARD", "5555555555554444")]),
        ("from 192.168.0.17.", [("IP", "192.168.0.17")]),
        ("2001:db8::ff00:42:8329", [("IP", "2001:db8::ff00:42:8329")]),
        ("ftp://me:pw-1@host/", [("SECRET", "me:pw-1")]),
        ("/x?a=1&api_key=k1234567.", [("SECRET", "k1234567")]),
        (".@some_one RT@other", [("MENTION", "@some_one"), ("MENTION", "@other")]),
        ("＠someone", [("MENTION", "＠someone")]),
        ("[EMAIL-A]", [("LITERAL", "[EMAIL-A]")]),
    ],
)
def test_what_has_a_form_of_its_own_is_found(text: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "12, 13, 14",
        "998, 999, 1000",
        "01, 02, 03, 04, 05, 06",
        "01 02 03 04 05",
        "001 002 003 004",
        "998-999-1000",
        "2024-05-06 07:08:09",
        "01.02.2024 10:30",
        "06 / 26 / 2000 09 : 17",
        "$1,234,567.89",
        "1.234.567,89 EUR",
        "0.1234567890123",
        "v10.2.30.44 and version 10.2.30.44",
        "1.2.3.4",
        "255.255.255.256",
        "DE88 3704 0044 0532 0130 00",
        "4111 1111 1111 1112",
        "1234567890123456",
        "12:30:45:50",
        "std::vector",
        "00:1a:2b:3c:4d:5e",
        "@ home, 3@5, a@b",
        "https://example.com/a:b?page=1234&sort=ascending",
        "[A-Z] [COVID-19] [...]",
        "Answer with 3, 17, 20 of 1 to 200.",
    ],
)
def test_what_has_not_is_left_alone(text: str) -> None:
    assert kinds(text) == []


def test_every_known_datum_of_the_made_up_messages_is_found_and_nothing_else() -> None:
    made = with_data(seed=1, count=1500)
    assert [kinds(message.text) for message in made] == [list(message.data) for message in made]
    assert [text for text in without_data(seed=2, count=3000) if find(text)] == []


numbers = st.lists(st.integers(0, 9999), min_size=1, max_size=60)


@given(numbers)
def test_lists_of_numbers_survive(values: list[int]) -> None:
    assert find(", ".join(map(str, values))) == []
    assert find("\n".join(map(str, values))) == []
    assert find("\n".join(f'{value}: "text"' for value in values)) == []


@given(st.dates(), st.times(), st.floats(0, 1e9), st.integers(0, 10**9))
def test_dates_times_and_prices_survive(day, hour, price: float, number: int) -> None:
    texts = (
        f"{day:%d.%m.%Y}",
        f"{day:%m/%d/%Y}",
        f"{day:%d-%m-%y} {hour:%H:%M}",
        f"{day.isoformat()}T{hour:%H:%M:%S}Z",
        f"${price:,.2f}",
        f"{price:.2f} EUR",
        f"no. {number} (ID-{number})",
    )
    assert [find(text) for text in texts] == [[]] * len(texts)


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_can_be_redacted_and_put_back(text: str) -> None:
    redactor = Redactor()
    redacted = redactor.redact(text)
    spellings = [text[found.start : found.end] for found in find(text)]
    values = {(found.kind, found.value) for found in find(text)}
    assume(len(set(spellings)) == len(values))
    assert redactor.restore(redacted) == text
    assert redactor.redact(redacted, answer=True) == redacted


pieces = st.sampled_from(
    [made.text for made in with_data(5, 40)]
    + ["[EMAIL-A]", "[EMAIL-", "A]", "[", "]", "\\n", '"', "12: ", "[LITERAL-A]", "ü", "\n", " "]
)


@settings(max_examples=200)
@given(st.lists(pieces, max_size=12).map(", ".join))
def test_nothing_found_is_left_and_all_of_it_comes_back(text: str) -> None:
    redactor = Redactor()
    redacted = redactor.redact(text)
    left = [found for found in find(redacted) if found.kind != "LITERAL"]
    assert left == []
    first = {}
    for found in find(text):
        first.setdefault((found.kind, found.value), text[found.start : found.end])
    back = redactor.restore(redacted)
    assert {(f.kind, f.value) for f in find(text)} == {(f.kind, f.value) for f in find(back)}
    if all(first[f.kind, f.value] == text[f.start : f.end] for f in find(text)):
        assert back == text


def test_a_text_says_the_same_inside_a_prompt_as_alone() -> None:
    """Prompts hold texts as JSON strings."""
    redactor = Redactor()
    made = with_data(seed=3, count=400)
    redactor.learn(message.text for message in made)
    before = {message.text: redactor.redact(message.text) for message in made}
    for text, redacted in before.items():
        line = f"12: {json.dumps(text, ensure_ascii=False)}"
        assert redactor.redact(line) == f"12: {json.dumps(redacted, ensure_ascii=False)}"


def test_the_same_datum_has_the_same_placeholder() -> None:
    redactor = Redactor()
    redactor.learn(["Bob@Example.com", "ann@example.com"])
    assert redactor.redact("bob@example.com, ANN@example.com, carl@x.org") == (
        "[EMAIL-A], [EMAIL-B], [EMAIL-C]"
    )
    assert redactor.redact("0049 30 901820 or +49 30 90 18 20") == "[PHONE-A] or [PHONE-A]"
    assert redactor.restore("[EMAIL-A] [EMAIL-Z] [PHONE-A]") == (
        "Bob@Example.com [EMAIL-Z] 0049 30 901820"
    )


def test_placeholders_hold_no_digit() -> None:
    assert [letters(number) for number in (0, 25, 26, 27, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AB",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]
    redactor = Redactor()
    text = redactor.redact(" ".join(f"u{n}@example.com" for n in range(800)))
    assert len(set(text.split())) == 800
    assert not re.search(r"\d", text)


def test_what_looks_like_a_placeholder_is_none() -> None:
    redactor = Redactor()
    redacted = redactor.redact("[EMAIL-A] is no bob@example.com")
    assert redacted == "[LITERAL-A] is no [EMAIL-A]"
    assert redactor.restore(redacted) == "[EMAIL-A] is no bob@example.com"


def test_the_map_is_kept_for_its_owner_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "private" / "map.json"
    first = Redactor(path)
    first.learn(["bob@example.com"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    redacted = first.redact("ann@example.com and bob@example.com")
    second = Redactor(path)
    assert second.redact("bob@example.com ann@example.com x@y.zz") == (
        "[EMAIL-A] [EMAIL-B] [EMAIL-C]"
    )
    assert second.restore(redacted) == "ann@example.com and bob@example.com"


@pytest.mark.parametrize("damage", ["", "[]", '{"entries": [{"placeholder": "x"}]}', "twice"])
def test_a_damaged_map_is_named(tmp_path: Path, damage: str) -> None:
    entry = {"placeholder": "[EMAIL-A]", "value": "a", "spelling": "a"}
    if damage == "twice":
        damage = json.dumps({"version": 1, "entries": [entry, entry]})
    path = tmp_path / "map.json"
    path.write_text(damage, encoding="utf-8")
    with pytest.raises(DataError, match="map of redacted data is damaged") as caught:
        Redactor(path)
    assert caught.value.where == str(path)


def test_learning_first_makes_the_order_of_questions_unimportant(tmp_path: Path) -> None:
    texts = [f"user{n}@example.com" for n in range(60)]

    def placeholders(folder: Path, order: list[str]) -> dict[str, str]:
        redactor = Redactor(folder / "map.json")
        redactor.learn(texts)
        found: dict[str, str] = {}
        threads = [
            threading.Thread(target=lambda text=text: found.update({text: redactor.redact(text)}))
            for text in order
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return found

    forward = placeholders(tmp_path / "a", texts)
    backward = placeholders(tmp_path / "b", texts[::-1])
    assert forward == backward
    assert (tmp_path / "a/map.json").read_bytes() == (tmp_path / "b/map.json").read_bytes()


def test_all_messages_are_redacted_and_answers_keep_their_placeholders() -> None:
    inside = ScriptedModel(["I choose [EMAIL-A]"], score=lambda *_: -1.0)
    model = RedactedModel(inside, Redactor())
    asked = (
        Message("system", "ask boss@example.com"),
        Message("user", "1: bob@example.com"),
        Message("assistant", "I like [EMAIL-B] and @me"),
        Message("user", "Why [EMAIL-B]?"),
    )
    answer = model.complete(asked, max_tokens=5)
    assert [turn.content for turn in inside.asked[0]] == [
        "ask [EMAIL-A]",
        "1: [EMAIL-B]",
        "I like [EMAIL-B] and [MENTION-A]",
        "Why [LITERAL-A]?",
    ]
    assert answer.text == "I choose [EMAIL-A]"
    assert model.redactor.restore(answer.text) == "I choose boss@example.com"


def test_scored_prompts_are_redacted_too(tmp_path: Path) -> None:
    seen: list[str] = []

    def judge(messages: tuple[Message, ...], text: str) -> float:
        seen.append(messages[-1].content + text)
        return -1.0

    inside = RecordedModel(ScriptedModel(score=judge, version="1"), tmp_path)
    model = RedactedModel(inside, Redactor())
    prompts = [ask("bob@example.com"), ask("call (212) 555-0199")]
    scores = model.score(prompts, LABELS)
    assert len(scores.recordings) == 2
    assert len(list(model.score_rows(prompts, LABELS))) == 2
    assert not [text for text in seen if "bob" in text or "555" in text]
    assert not [path for path in tmp_path.iterdir() if "bob" in path.read_text()]


def test_counting_gives_no_placeholders() -> None:
    model = RedactedModel(ScriptedModel([]), Redactor())
    short = "x" * len("[EMAIL-A]")
    assert model.count_tokens("somebody.with.a.long.name@example.com") == model.count_tokens(short)
    assert model.redactor.redact("ann@example.com") == "[EMAIL-A]"


def test_hostile_texts_take_no_longer_than_others() -> None:
    hostile = ("1", "0170 ", "+1", "a@", "a.", "a:", "DE12", "[A-", "://a:", "?key=", "(030) ")
    for piece in hostile:
        started = time.monotonic()
        find(piece * (100_000 // len(piece)))
        assert time.monotonic() - started < 5, piece


def test_check_digits() -> None:
    assert is_luhn("79927398713")  # the example of ISO/IEC 7812-1's literature
    assert not is_luhn("79927398710")
    assert is_iban("GB82WEST12345698765432")
    assert not is_iban("GB82WEST12345698765431")
    assert is_list("10-20-30")
    assert not is_list("10-20-31")
    assert plain("٣３") == "33"
    assert len(plain("x\u00a0‑＠")) == 4
    assert len(set(KINDS)) == len(KINDS)


@dataclass
class Result:
    entity_type: str
    start: int
    end: int
    score: float


class StandIn:
    """Finds the word Miller, like a Presidio AnalyzerEngine."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def analyze(self, **question: object) -> list[Result]:
        self.asked.append(question)
        text = str(question["text"])
        found = [match.span() for match in re.finditer("Miller|miller@x.org", text)]
        return [Result("PERSON", *span, 0.9) for span in found]


def test_an_analyzer_adds_to_our_rules() -> None:
    engine = StandIn()
    redactor = Redactor(analyzer=PresidioAnalyzer(engine, language="de", least=0.7))
    text = "Miller (miller@x.org) asked MILLER, Miller"
    redacted = redactor.redact(text)
    assert redacted == "[PERSON-A] ([EMAIL-A]) asked MILLER, [PERSON-A]"
    assert redactor.restore(redacted) == text
    assert engine.asked[0]["language"] == "de"
    assert engine.asked[0]["score_threshold"] == 0.7


def test_a_missing_presidio_names_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(MissingExtraError, match=r"activellm\[pii\]"):
        PresidioAnalyzer()


def test_presidio_fetches_no_model_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        sys.modules, "presidio_analyzer", SimpleNamespace(AnalyzerEngine=lambda: StandIn())
    )
    installed: set[str] = set()
    spacy = SimpleNamespace(util=SimpleNamespace(is_package=installed.__contains__))
    monkeypatch.setitem(sys.modules, "spacy", spacy)
    with pytest.raises(UsageError, match="python -m spacy download en_core_web_lg"):
        PresidioAnalyzer()
    installed.add("en_core_web_lg")
    assert [found.kind for found in PresidioAnalyzer().find("Miller")] == ["PERSON"]


def test_real_texts_are_rarely_touched_without_need(shared: Path) -> None:
    """Sets without personal data: at most one text in a thousand is changed."""
    for name in ("sst2", "banking77", "emotion", "cola", "rte", "ag_news"):
        with gzip.open(shared / "data" / name / "test.jsonl.gz", "rt", encoding="utf-8") as file:
            texts = [json.dumps(json.loads(line)["text"]) for line in file]
        assert sum(bool(find(text)) for text in texts) <= len(texts) / 1000 + 1, name
