"""PII and SEC: what should not be in training data: personal data and secrets.

A message shows a mask, never the value. Signs are searched for in a whole batch at once (`signs`);
`sensitive` has a closer look at what has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from tdv.quality.finding import Fault, Level
from tdv.quality.rule import RowRule
from tdv.quality.searching import signs
from tdv.quality.searching.screens import signed
from tdv.quality.searching.sensitive import KINDS, Kind
from tdv.quality.searching.written import written
from tdv.quality.subject import Roles, Row, Subject


def _found(kind: Kind, row: Row, subject: Subject) -> Iterator[Fault]:
    """A fault for each text with at least one match; equal ones in a text count once."""
    for field, text in written(row, subject.roles):
        masks = {text[start:end]: mask for start, end, mask in kind.matches(text)}
        if masks:
            first, *others = masks.values()
            more = f", and {len(others)} more" if others else ""
            yield Fault(field, f"`{field}` has {kind.what}: {first}{more}.")


def _has_words(roles: Roles) -> bool:
    return bool(roles.text or roles.messages)


def _rule(
    code: str, name: str, sign: str, bad: str, good: str, *, level: Level, summary: str, why: str
) -> RowRule:
    return RowRule(
        code=code,
        name=name,
        level=level,
        summary=summary,
        why=why,
        bad={"text": bad},
        good={"text": good},
        mend=(
            "`tdv clean --redact pii` masks it in the rows. It stays in earlier versions until "
            "`tdv purge` takes it out of them."
        ),
        applies=_has_words,
        check=partial(_found, KINDS[code]),
        screen=signed(sign),
    )


_personal = partial(_rule, level=Level.WARNING)
_secret = partial(_rule, level=Level.ERROR)

RULES = (
    _personal(
        "PII001",
        "email",
        signs.EMAIL,
        "Write to jo.smith@example.com today.",
        "Write to me @ home.",
        summary="A text has an e-mail address in it.",
        why="Models repeat addresses that they were trained on; privacy law covers them.",
    ),
    _personal(
        "PII002",
        "phone",
        signs.PHONE,
        "Call me on +49 30 901820 after six.",
        "Take 200 - 300 + 4000 = 3900.",
        summary="A text has a telephone number in it.",
        why=(
            "Numbers with a country's code, North American numbers, and European ones with a "
            "leading zero are found; other digits in a row are not taken for numbers."
        ),
    ),
    _personal(
        "PII003",
        "card-number",
        signs.CARD,
        "My card is 4111 1111 1111 1111.",
        "The order is 4111 1111 1111 1112.",
        summary="A text has the number of a payment card in it.",
        why="The first digits and the length are those of a scheme, and the check digit is right.",
    ),
    _personal(
        "PII004",
        "ip-address",
        signs.IP,
        "I sent it from 84.23.110.7 last night.",
        "Upgrade to v1.2.3.4 before 12:30:45.",
        summary="A text has an IP address in it.",
        why=(
            "In the EU an address counts as personal data. Loopback and `0.0.0.0` are left alone, "
            "and so are versions: four numbers below 10, or behind a word like `section`."
        ),
    ),
    _personal(
        "PII005",
        "iban",
        signs.IBAN,
        "Send it to DE89 3704 0044 0532 0130 00.",
        "Send it to DE00 3704 0044 0532 0130 00.",
        summary="A text has the number of a bank account (IBAN) in it.",
        why="The country's length and the check digits are right, so that it is no accident.",
    ),
    _secret(
        "SEC001",
        "api-key",
        signs.API_KEY,
        "Use AKIAIOSFODNN7EXAMPLE for the upload.",
        "Use sk-learn for the upload.",
        summary="A text has a key to a service in it: AWS, GitHub, OpenAI, Slack, Google and more.",
        why="Whoever has the data can use the key, and models repeat keys. Revoke it first.",
    ),
    _secret(
        "SEC002",
        "private-key",
        signs.PRIVATE_KEY,
        "-----BEGIN RSA PRIVATE KEY----- MIIEow",
        "A private key begins with five hyphens.",
        summary="A text has a private key in it.",
        why="Whoever has the data has the key. Replace it wherever it is in use.",
    ),
    _secret(
        "SEC003",
        "password",
        signs.PASSWORD,
        "db.connect(user='jo', password='hunter2!')",
        "Set password=os.environ['PASSWORD'], or password: required.",
        summary="A text sets a password or a secret to a value.",
        why=(
            "Names, calls and placeholders (`password=get_password()`, `secret=<your secret>`) are "
            "left alone, so some real passwords made of such words are not found."
        ),
    ),
)
