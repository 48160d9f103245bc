"""Encodings: each text is encoded by Python's own codec and must come back unchanged."""

from __future__ import annotations

import codecs

import pytest

from activellm.errors import DataError
from activellm.pool import open_source

TEXTS = {
    "French": "L'été dernier, les élèves français étaient très fâchés à cause du café.",
    "German": "Die Straßenlampe fällt für längere Zeit aus; bitte prüfen Sie größere Störungen.",
    "Spanish": "El niño comió mañana en la ciudad de Málaga ¿verdad? ¡Sí!",
    "Russian": "Сегодня в городе сломался уличный фонарь, пожалуйста, почините его.",
    "Polish": "Zażółć gęślą jaźń, proszę naprawić latarnię na ulicy Długiej.",
    "Turkish": "Dün sokak lambası bozuldu, lütfen onarın. İyi günler, şoför çağırdı.",
    "Greek": "Χθες χάλασε το φως στον δρόμο, παρακαλώ επισκευάστε το.",
    "Hebrew": "הפנס ברחוב שלנו לא עובד כבר שבוע, בבקשה תקנו אותו.",
    "Arabic": "مصباح الشارع معطل منذ أسبوع، الرجاء إصلاحه.",
    "Japanese": "駅前の街灯が壊れています。市役所のホームページが見られません。"
    "ゴミの収集日を教えてください。公園のベンチが古くて危ないです。保育園の申し込みはいつまでですか。",
    "Chinese": "昨天车站前的路灯坏了，请尽快修理，谢谢你们的帮助。",
    "Korean": "어제 역 앞의 가로등이 고장났습니다. 수리해 주세요.",
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-32")
OLD = [
    *(("French", "latin-1"), ("French", "cp1252"), ("German", "latin-1"), ("German", "cp1252")),
    *(("Spanish", "latin-1"), ("Spanish", "cp1252"), ("Polish", "cp1250"), ("Turkish", "cp1254")),
    *(("Russian", "cp1251"), ("Russian", "koi8-r"), ("Greek", "cp1253"), ("Hebrew", "cp1255")),
    *(("Arabic", "cp1256"), ("Japanese", "cp932"), ("Japanese", "euc-jp"), ("Chinese", "gb18030")),
    ("Korean", "cp949"),
]


def read(path, text, encoding):
    lines = ["id,text", *(f'{row},"{text}"' for row in range(5))]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    source = open_source(path)
    assert source.columns == ("id", "text")
    return {record.values["text"] for record in source.records()}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("encoding", UNICODE)
def test_unicode(tmp_path, language, encoding):
    text = TEXTS[language]
    assert read(tmp_path / "pool.csv", text, encoding) == {text}


@pytest.mark.parametrize("language", ["German", "Spanish", "Turkish"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_shows_by_its_zeros(tmp_path, language, encoding):
    text = TEXTS[language]
    assert read(tmp_path / "pool.csv", text, encoding) == {text}


@pytest.mark.parametrize(("language", "encoding"), OLD)
def test_old_encodings(tmp_path, language, encoding):
    text = TEXTS[language]
    assert read(tmp_path / "pool.csv", text, encoding) == {text}


def test_a_late_character_counts(tmp_path):
    lines = ["plain"] * 200_000
    path = tmp_path / "pool.txt"
    path.write_text("\n".join([*lines, "café crème à la carte"]), encoding="utf-8")
    assert open_source(path).encoding == "utf-8"
    path.write_text("\n".join([*lines, "café crème à la carte"]), encoding="latin-1")
    assert open_source(path).encoding == "cp1252"


def test_a_named_encoding_wins(tmp_path):
    (path := tmp_path / "pool.txt").write_bytes("Ψ".encode("cp1253"))
    (record,) = open_source(path, encoding="cp1253").records()
    assert record.values["text"] == "Ψ"


def test_a_wrong_named_encoding(tmp_path):
    (path := tmp_path / "pool.txt").write_bytes(b"a\nb\nc\xff")
    with pytest.raises(DataError, match="not in the encoding utf-8"):
        list(open_source(path, encoding="utf-8").records())
    with pytest.raises(DataError, match="no encoding called 'klingon'"):
        open_source(path, encoding="klingon")


def test_damaged_utf8_is_not_guessed_away(tmp_path):
    good = "Füße größer schön Übung\n".encode()
    path = tmp_path / "pool.txt"
    path.write_bytes(good * 3 + b"kaputt \xc3\n" + good)
    with pytest.raises(DataError, match=r"line 4: .*UTF-8"):
        open_source(path)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_cut_utf16(tmp_path, mark):
    encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    (path := tmp_path / "pool.txt").write_bytes(mark + "one\ntwo".encode(encoding)[:-1])
    with pytest.raises(DataError, match="not in the encoding"):
        list(open_source(path).records())
