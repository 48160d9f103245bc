"""Made-up messages in which the personal data are known, and messages that hold none."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass


@dataclass(frozen=True)
class Made:
    """A message, and the personal data in it: (kind, as it is spelled)."""

    text: str
    data: tuple[tuple[str, str], ...]


AROUND = (
    ("", ""),
    ("Please write to ", " before Friday."),
    ("It was ", ", I think"),
    ("(", ")"),
    ("Ticket 4711 of 2024-03-05: ", "."),
    ('he said "', '" twice'),
    ("Line one\n", "\nline three"),
    ("Kontakt: ", "; danke!"),
)


def digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(string.digits) for _ in range(count))


def word(rng: random.Random, least: int = 3, most: int = 9) -> str:
    return "".join(rng.choice(string.ascii_lowercase) for _ in range(rng.randint(least, most)))


def email(rng: random.Random) -> str:
    local = rng.choice([word(rng), f"{word(rng)}.{word(rng)}", f"{word(rng)}+{word(rng)}"])
    host = rng.choice([word(rng), f"mail.{word(rng)}", f"{word(rng)}-{word(rng)}"])
    ending = rng.choice(["com", "de", "org", "co.uk", "museum"])
    return rng.choice([str, str.upper, str.title])(f"{local}@{host}.{ending}")


def phone(rng: random.Random) -> str:
    def area() -> str:
        return f"{rng.randint(2, 9)}{digits(rng, 2)}"

    return rng.choice(
        [
            f"+49 {rng.randint(151, 179)} {digits(rng, 7)}",
            f"+1 ({area()}) {area()}-{digits(rng, 4)}",
            f"+44 20 {digits(rng, 4)} {digits(rng, 4)}",
            f"0049{rng.randint(30, 99)}{digits(rng, 7)}",
            f"0{rng.randint(30, 99)} {rng.randint(1, 9)}{digits(rng, 6)}",
            f"0{rng.randint(151, 179)}/{digits(rng, 7)}",
            f"0{rng.randint(20, 99)}-{digits(rng, 4)}-{digits(rng, 4)}",
            f"({area()}) {area()}-{digits(rng, 4)}",
            f"{area()}-{area()}-{digits(rng, 4)}",
            f"{area()}.{area()}.{digits(rng, 4)}",
        ]
    )


def iban(rng: random.Random) -> str:
    country, length = rng.choice([("DE", 22), ("NL", 18), ("FR", 27), ("GB", 22), ("NO", 15)])
    rest = digits(rng, length - 4)
    number = int("".join(str(int(letter, 36)) for letter in f"{rest}{country}00"))
    value = f"{country}{98 - number % 97:02}{rest}"
    grouped = " ".join(value[place : place + 4] for place in range(0, length, 4))
    return rng.choice([value, grouped])


def card(rng: random.Random) -> str:
    start, length = rng.choice([("4", 16), ("51", 16), ("37", 15), ("6011", 16)])
    rest = start + digits(rng, length - 1 - len(start))
    for check in string.digits:
        doubled = sum(
            sum(divmod(int(digit) * (1 + (length - place) % 2), 10))
            for place, digit in enumerate(rest, start=1)
        )
        if (doubled + int(check)) % 10 == 0:
            value = rest + check
    groups = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    parts, done = [], 0
    for size in groups:
        parts.append(value[done : done + size])
        done += size
    return rng.choice(["", " ", "-"]).join(parts)


def address(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return ".".join(str(rng.randint(10, 255)) for _ in range(4))
    return ":".join(f"{rng.randint(0x1000, 0xFFFF):x}" for _ in range(8))


def secret(rng: random.Random) -> tuple[str, str]:
    value = word(rng, 8, 20) + digits(rng, 4)
    if rng.random() < 0.5:
        pair = f"{word(rng)}:{value}"
        return f"https://{pair}@{word(rng)}.example.com/path", pair
    name = rng.choice(["token", "api_key", "password", "session"])
    return f"http://{word(rng)}.example.com/p?id=12&{name}={value}", value


def mention(rng: random.Random) -> str:
    return f"@{word(rng)}{rng.choice(['', '_', digits(rng, 2)])}"


MAKERS = {
    "EMAIL": email,
    "PHONE": phone,
    "IBAN": iban,
    "CARD": card,
    "IP": address,
    "MENTION": mention,
}

HARMLESS = (
    lambda r: ", ".join(str(r.randint(0, 400)) for _ in range(r.randint(2, 40))),
    lambda r: ", ".join(str(n) for n in range(r.randint(990, 999), r.randint(1001, 1010))),
    lambda r: " ".join(str(r.randint(0, 400)) for _ in range(r.randint(2, 20))),
    lambda r: "\n".join(f"{n}: {r.randint(0, 9999)}" for n in range(1, 9)),
    lambda r: f"{r.randint(1, 31):02}.{r.randint(1, 12):02}.{r.randint(1990, 2030)}",
    lambda r: f"{r.randint(1990, 2030)}-{r.randint(1, 12):02}-{r.randint(1, 31):02}",
    lambda r: (
        f"{r.randint(1, 12):02}/{r.randint(1, 31):02}/{r.randint(1990, 2030)} 09:{digits(r, 2)}"
    ),
    lambda r: f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}",
    lambda r: f"${r.randint(1, 999)},{digits(r, 3)}.{digits(r, 2)}",
    lambda r: f"{r.randint(1, 999)}.{digits(r, 3)},{digits(r, 2)} EUR",
    lambda r: f"0.{digits(r, 12)}",
    lambda r: f"v{r.randint(0, 30)}.{r.randint(0, 30)}.{r.randint(0, 30)}.{r.randint(0, 30)}",
    lambda r: f"version {r.randint(0, 30)}.{r.randint(0, 300)}.{r.randint(0, 300)}",
    lambda r: f"order {r.choice('ABC')}-{digits(r, 6)}, row {digits(r, 5)}, #{digits(r, 8)}",
    lambda r: f"{digits(r, 4)}-{digits(r, 4)}",
    lambda r: f"ISBN 978-{digits(r, 1)}-{digits(r, 5)}-{digits(r, 3)}-{digits(r, 1)}",
    lambda r: f"won {r.randint(0, 9)}-{r.randint(0, 9)} @ home, 3 @ $5, {r.randint(50, 99)} %",
    lambda r: f"std::{word(r)}, ratio 3:2:1, [{r.choice('ABC')}-{digits(r, 2)}], C:\\{word(r)}",
    lambda r: f"https://example.com/{word(r)}/{digits(r, 6)}?page={digits(r, 3)}&sort=asc",
)


def with_data(seed: int, count: int) -> list[Made]:
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        before, after = rng.choice(AROUND)
        kind = rng.choice([*MAKERS, "SECRET"])
        shown, datum = secret(rng) if kind == "SECRET" else (MAKERS[kind](rng),) * 2
        made.append(Made(before + shown + after, ((kind, datum),)))
    return made


def without_data(seed: int, count: int) -> list[str]:
    rng = random.Random(seed)
    return [rng.choice(HARMLESS)(rng).join(rng.choice(AROUND)) for _ in range(count)]
