"""Personal data made at run time from seeds: of nobody, but valid by its plans and check digits."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import phonenumbers
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

PUBLISHED_SEED = 20_261_129
_FIRST = ["ada", "grace", "linus", "barbara", "edsger", "radia", "ken", "margaret", "alan", "joan", "donald", "frances"]
_LAST = ["hopper", "perlman", "liskov", "dijkstra", "hamilton", "kay", "clarke", "knuth", "allen", "turing", "oconnor"]
_DOMAINS = ["fernpost.de", "mail.kestrel.io", "postbox.co.uk", "uni-halle.de", "corp.northwind.eu", "inbox.fr"]
_REGIONS = ["DE", "FR", "GB", "US", "IN", "BR", "IT", "ES", "NL", "PL", "CH", "JP", "AU", "SE", "MX", "ZA"]


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _until(rng: Random, make: Callable[[Random], str], is_valid: Callable[[str], bool]) -> str:
    while True:
        made = make(rng)
        if is_valid(made):
            return made


def mail(rng: Random) -> str:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    local = rng.choice(
        [f"{first}.{last}", f"{first[0]}{last}", f"{first}_{last}{rng.randrange(100)}", f"{last}+{first}"]
    )
    return f"{local}@{rng.choice(_DOMAINS)}"


def phone(rng: Random) -> str:
    while True:
        region = rng.choice(_REGIONS)
        example = phonenumbers.example_number_for_type(region, rng.choice([0, 1]))
        if example is None:
            continue
        text = str(example.national_number)
        number = phonenumbers.PhoneNumber(example.country_code, int(text[:-4] + _digits(rng, 4)))
        if phonenumbers.is_valid_number(number):
            style = rng.choice([phonenumbers.PhoneNumberFormat.E164, phonenumbers.PhoneNumberFormat.INTERNATIONAL])
            if region == "US" and rng.random() < 0.5:
                style = phonenumbers.PhoneNumberFormat.NATIONAL
            return phonenumbers.format_number(number, style)


def bank(rng: Random) -> str:
    country, length = rng.choice([("DE", 18), ("NL", 0), ("FR", 0), ("GB", 0), ("AT", 16)])
    bodies: dict[str, Callable[[], str]] = {
        "NL": lambda: rng.choice(["ABNA", "INGB", "RABO"]) + _digits(rng, 10),
        "GB": lambda: rng.choice(["BARC", "NWBK"]) + _digits(rng, 14),
        "FR": lambda: _digits(rng, 23),
    }
    body = bodies.get(country, lambda: _digits(rng, length))
    made = ""
    while not iban.is_valid(made):
        text = body()
        made = f"{country}{iban.calc_check_digits(f'{country}00{text}')}{text}"
    return iban.format(made) if rng.random() < 0.5 else made


def card(rng: Random) -> str:
    body = rng.choice(["4", "51", "55", "2221", "6011"][:3] + ["6011"]) + _digits(rng, 15)
    body = body[:15]
    made = body + luhn.calc_check_digit(body)
    gap = rng.choice([" ", "-"])
    return gap.join(made[at : at + 4] for at in range(0, 16, 4)) if rng.random() < 0.6 else f"card number {made}"


def social_security(rng: Random) -> str:
    return ssn.format(_until(rng, lambda r: _digits(r, 9), ssn.is_valid))


def insurance(rng: Random) -> str:
    letters = rng.choice("ABCEGHJKLM") + rng.choice("ABCEGHJKLM")
    return f"NI number {letters} {_digits(rng, 2)} {_digits(rng, 2)} {_digits(rng, 2)} {rng.choice('ABCD')}"


def health(rng: Random) -> str:
    return "NHS " + nhs.format(_until(rng, lambda r: _digits(r, 10), nhs.is_valid))


def french(rng: Random) -> str:
    made = _until(
        rng,
        lambda r: (lambda body: body + nir.calc_check_digits(body + "00"))(
            f"{r.choice('12')}{r.randrange(40, 99)}{r.randrange(1, 13):02}{r.randrange(1, 95):02}{_digits(r, 3)}{_digits(r, 3)}"
        ),
        nir.is_valid,
    )
    return f"NIR {made}"


def german(rng: Random) -> str:
    return "Steuer-ID: " + _until(rng, lambda r: _digits(r, 11), idnr.is_valid)


def spanish(rng: Random) -> str:
    body = _digits(rng, 8)
    return f"DNI {body}{dni.calc_check_digit(body)}"


def italian(rng: Random) -> str:
    letters = "".join(rng.choice("BCDFGLMNPRSTV") for _ in range(6))
    body = f"{letters}{rng.randrange(30, 99)}{rng.choice('ABCDEHLMPRST')}{rng.randrange(1, 29):02}{rng.choice('ABCDEFH')}{_digits(rng, 3)}"
    return body + codicefiscale.calc_check_digit(body)


def dutch(rng: Random) -> str:
    return "BSN: " + _until(rng, lambda r: _digits(r, 9), bsn.is_valid)


def polish(rng: Random) -> str:
    body = f"{rng.randrange(40, 99)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}{_digits(rng, 4)}"
    return f"PESEL {body}{pesel.calc_check_digit(body)}"


def swiss(rng: Random) -> str:
    return ahv.format(_until(rng, lambda r: "756" + _digits(r, 10), ahv.is_valid))


def brazilian(rng: Random) -> str:
    return cpf.format(_until(rng, lambda r: _digits(r, 11), cpf.is_valid))


def indian(rng: Random) -> str:
    return "Aadhaar " + aadhaar.format(_until(rng, lambda r: r.choice("23456789") + _digits(r, 11), aadhaar.is_valid))


KINDS: dict[str, Callable[[Random], str]] = {
    "mail address": mail, "telephone number": phone, "IBAN": bank, "card number": card, "US SSN": social_security,
    "UK National Insurance": insurance, "UK NHS": health, "French NIR": french, "German tax id": german, "Spanish DNI": spanish,
    "Italian tax code": italian, "Dutch BSN": dutch, "Polish PESEL": polish, "Swiss AHV": swiss, "Brazilian CPF": brazilian,
    "Indian Aadhaar": indian,
}  # fmt: skip
"""Kind -> maker of one text that holds it, with its label where the rule wants one."""

CONTEXTS = (
    'contact = "{}"  # of the owner',
    "// ask {} before you change this",
    '{{"customer": {{"value": "{}", "ok": true}}}}',
    "7,{},2026-11-01,open",
    "* Reach us: {}.",
    "2026-11-01 10:00:00 INFO customer={} placed an order",
    "<td>{}</td>",
    "Mara wrote: {}, thank you",
)


def bare(planted: str) -> str:
    """Return the datum without its label."""
    for label in ("card number ", "NI number ", "NHS ", "NIR ", "Steuer-ID: ", "DNI ", "BSN: ", "PESEL ", "Aadhaar "):
        planted = planted.removeprefix(label)
    return planted


def corpus(seed: int, count: int) -> list[tuple[str, str, str]]:
    """Return (kind, datum, line that holds it): `count` of each kind."""
    rng = Random(seed)
    rows = []
    for kind, make in KINDS.items():
        for _ in range(count):
            planted = make(rng)
            rows.append((kind, bare(planted), rng.choice(CONTEXTS).format(planted)))
    return rows
