"""Personal data and secrets in text: what finds them, and how they are shown without being told.

Each kind has a pattern, and a check of what a pattern cannot say: check digits, lengths, plausible
parts. The check gives a mask that may be shown: the value itself never is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple


class Kind(NamedTuple):
    """Something that should not be said.

    Attributes:
        what: "an e-mail address".
        pattern: what finds it.
        mask: what is shown of a match; None where the match is none after all.
    """

    what: str
    pattern: re.Pattern[str]
    mask: Callable[[re.Match[str]], str | None]

    def matches(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where it is in a text, start and end, each with its mask."""
        for match in self.pattern.finditer(text):
            mask = self.mask(match)
            if mask is not None:
                yield match.start(), match.end(), mask


# --- personal data -----------------------------------------------------------------------------


def _email_mask(match: re.Match[str]) -> str | None:
    name, _, domain = match.group().partition("@")
    host, _, ending = domain.rpartition(".")
    return f"`{name[0]}…@{host[0]}….{ending}`"


def _digits(text: str) -> str:
    return re.sub("[^0-9]", "", text)


def _phone_mask(match: re.Match[str]) -> str | None:
    digits = _digits(match.group())
    # ITU E.164 allows 15 digits; the shortest numbers with a country's code have 8.
    if not 8 <= len(digits) <= 15 or len({*digits}) < 3:
        return None
    plus = "+" if match.group().startswith("+") else ""
    return f"`{plus}{digits[:2]}…` ({len(digits)} digits)"


# First digits of the schemes, and how many digits their cards have.
_CARDS = (
    (re.compile("4"), {13, 16, 19}),
    (re.compile("5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile("3[47]"), {15}),
    (re.compile("6011|64[4-9]|65"), {16, 17, 18, 19}),
    (re.compile("35(?:2[89]|[3-8])"), {16, 17, 18, 19}),
    (re.compile("30[0-5]|3[689]"), {14, 15, 16, 17, 18, 19}),
    (re.compile("62"), {16, 17, 18, 19}),
    (re.compile("50|5[6-9]|6[37]"), {16, 18, 19}),
)


def _card_mask(match: re.Match[str]) -> str | None:
    digits = _digits(match.group())
    known = any(start.match(digits) and len(digits) in sizes for start, sizes in _CARDS)
    if not known or len({*digits}) < 2 or not luhn(digits):
        return None
    return f"`…{digits[-2:]}` ({len(digits)} digits)"


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812)."""
    doubled = [int(each) * 2 for each in digits[-2::-2]]
    total = sum(each - 9 * (each > 9) for each in doubled) + sum(map(int, digits[-1::-2]))
    return total % 10 == 0


_VERSION = re.compile(
    r"(?:version|release|section|chapter|clause|article|build|firmware|no)[ .:]*$", re.IGNORECASE
)


def _ip_mask(match: re.Match[str]) -> str | None:
    value = match.group()
    if ":" in value:
        return _ip6_mask(value)
    parts = [int(each) for each in value.split(".")]
    if any(each > 255 for each in parts) or any(
        len(each) > 1 and each[0] == "0" for each in value.split(".")
    ):
        return None
    # Loopback, "any" and masks are nobody's; so is 1.2.3.4, which is mostly a version.
    before = match.string[max(0, match.start() - 12) : match.start()]
    if parts[0] in (0, 127, 255) or max(parts) < 10 or _VERSION.search(before):
        return None
    return f"`{parts[0]}.…`"


def _ip6_mask(value: str) -> str | None:
    groups = value.split(":")
    empty = value.count("::")
    filled = [each for each in groups if each]
    whole = len(filled) == 8 and not empty
    shortened = empty == 1 and 3 <= len(filled) <= 7 and ":::" not in value
    if not (whole or shortened) or not any(each.isdigit() for each in value):
        return None
    if groups[0] == "" and not value.startswith("::"):
        return None
    return f"`{filled[0]}:…`"


# Characters of an IBAN by country (SWIFT's registry, ISO 13616).
_IBAN_SIZES = {
    code: size
    for size, codes in (
        (15, "NO"),
        (16, "BE"),
        (18, "DK FO FI GL NL SD FK"),
        (19, "MK SI"),
        (20, "AT BA EE KZ LT LU MN XK"),
        (21, "CH HR LI LV"),
        (22, "BG BH CR DE GB GE IE ME RS VA"),
        (23, "AE GI IL IQ OM SO TL"),
        (24, "AD CZ ES MD PK RO SA SE SK TN VG DJ"),
        (25, "LY PT ST"),
        (26, "IS TR"),
        (27, "BI FR GR IT MC MR SM"),
        (28, "AL AZ BY CY DO GT HU LB NI PL SV"),
        (29, "BR EG PS QA UA"),
        (30, "JO KW MU YE"),
        (31, "MT SC"),
        (32, "LC"),
        (33, "RU"),
    )
    for code in codes.split()
}


def _iban_mask(match: re.Match[str]) -> str | None:
    value = match.group().replace(" ", "")
    size = _IBAN_SIZES.get(value[:2], 0)
    # A word behind the number may have been taken for a part of it.
    if not size or len(value) < size or not iban_checks(value[:size]):
        return None
    return f"`{value[:2]}…` ({size} characters)"


def iban_checks(value: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 7064, modulo 97)."""
    return int("".join(str(int(each, 36)) for each in value[4:] + value[:4])) % 97 == 1


# --- secrets -----------------------------------------------------------------------------------

# How keys of known services begin, and what follows.
_KEYS = (
    ("(?:AKIA|ASIA)", "[0-9A-Z]{16}"),  # AWS
    ("gh[pousr]_", "[A-Za-z0-9]{36,255}"),  # GitHub
    ("github_pat_", "[A-Za-z0-9_]{40,255}"),
    ("glpat-", "[A-Za-z0-9_-]{20,64}"),  # GitLab
    ("sk-", "[A-Za-z0-9_-]{20,255}"),  # OpenAI, Anthropic
    ("xox[abeprs]-", "[A-Za-z0-9-]{10,255}"),  # Slack
    ("AIza", "[0-9A-Za-z_-]{35}"),  # Google
    ("hf_", "[A-Za-z0-9]{30,64}"),  # Hugging Face
    ("[sr]k_live_", "[0-9A-Za-z]{16,255}"),  # Stripe
    ("npm_", "[A-Za-z0-9]{36}"),
    ("eyJ", r"[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,2000}\.[A-Za-z0-9_-]{8,2000}"),  # JWT
)
_KEY_START = re.compile("|".join(start for start, _ in _KEYS))


def _key_mask(match: re.Match[str]) -> str | None:
    value = match.group()
    # Words joined by hyphens (`sk-learn-…`) have no digits; keys do.
    if not any(each.isdigit() for each in value) or len({*value}) < 8:
        return None
    start = _KEY_START.match(value)
    return f"`{start.group() if start else ''}…` ({len(value)} characters)"


def _block_mask(match: re.Match[str]) -> str | None:
    return f"`{match.group()}…`"


# Names and words that stand where a password goes in code and in documentation.
_NAME = re.compile(
    "pass|pwd|secret|token|key|cred|env|arg|param|var|value|none|null|true|false|input|self"
    "|config|string|hidden|required|optional|prompt|get|field|hash|masked|redacted",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"your|xxx|example|changeme|placeholder|^[<{$%*.\[(]", re.IGNORECASE)


def _password_mask(match: re.Match[str]) -> str | None:
    """The mask, unless what is set is a name, a call or a placeholder."""
    quote, value, sign = match.group("quote"), match.group("value"), match.group("sign")
    if _PLACEHOLDER.search(value) or len({*value}) < 3:
        return None
    digit = any(each.isdigit() for each in value)
    if not digit and _NAME.search(value):
        return None
    if not quote:
        # `password: at least 8 characters` says what one has to be.
        if sign == ":" and not (digit and any(each.isalpha() for each in value)):
            return None
        if match.group("next") in ("(", "["):
            return None
    return f"`{match.group('name')}{sign}…`"


_NO_WORD, _NO_MORE = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
# Sums and differences of numbers look like telephone numbers with spaces and hyphens.
_NO_SUM, _NO_RESULT = (
    r"(?<![A-Za-z0-9_=+*/.,-])(?<![0-9=+*/-] )",
    r"(?!\d|[.,]\d| ?[-+*/=] ?\d| ?=)",
)

KINDS = {
    "PII001": Kind(
        "an e-mail address",
        re.compile(
            r"[A-Za-z0-9_%+-](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_%+-])?"
            r"@[A-Za-z0-9][A-Za-z0-9-]{0,62}(?:\.[A-Za-z0-9-]{1,63}){0,5}\.[A-Za-z]{2,24}(?![A-Za-z0-9-])"
        ),
        _email_mask,
    ),
    "PII002": Kind(
        "a phone number",
        re.compile(
            _NO_SUM + r"(?:"
            r"\+[0-9]{1,3}(?:[ ./-]?\(?[0-9]{1,12}\)?){1,6}"
            r"|(?:1[ .-]?)?\([0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}"
            r"|(?:1[.-])?[0-9]{3}(?P<sep>[.-])[0-9]{3}(?P=sep)[0-9]{4}"
            r"|(?:1 )?[2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}"
            r"|0[0-9]{2,4}[ /-][0-9]{5,8}"
            r"|0[1-9](?P<two>[ .-])[0-9]{2}(?:(?P=two)[0-9]{2}){3}"
            r")" + _NO_RESULT
        ),
        _phone_mask,
    ),
    "PII003": Kind(
        "a card number",
        re.compile(r"(?<![A-Za-z0-9_.,-])[2-6](?:[ -]?[0-9]){12,18}(?![A-Za-z0-9_]|[.,][0-9])"),
        _card_mask,
    ),
    "PII004": Kind(
        "an IP address",
        re.compile(
            r"(?<![A-Za-z0-9_.:-])(?<![vV])(?:"
            r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![A-Za-z0-9_-]|\.[0-9])"
            r"|(?:[0-9A-Fa-f]{1,4}|:)(?::[0-9A-Fa-f]{0,4}){2,7}(?![A-Za-z0-9_:]))"
        ),
        _ip_mask,
    ),
    "PII005": Kind(
        "an IBAN",
        re.compile(
            _NO_WORD + r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?" + _NO_MORE
        ),
        _iban_mask,
    ),
    "SEC001": Kind(
        "a key to a service",
        re.compile(f"{_NO_WORD}(?:{'|'.join(map(''.join, _KEYS))}){_NO_MORE}"),
        _key_mask,
    ),
    "SEC002": Kind(
        "a private key",
        re.compile(r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY"),
        _block_mask,
    ),
    "SEC003": Kind(
        "a password",
        re.compile(
            r"(?i:(?P<name>(?<![A-Za-z])pass(?:word|wd|phrase|code)|(?<![A-Za-z])pwd|secret"
            r"|api[_-]?key|(?:access|auth)[_-]?token|credential))[\"']?"
            r"[ \t]{0,3}(?P<sign>[:=])[ \t]{0,3}(?P<quote>[\"']?)"
            r"(?P<value>[^\s\"',;<>()\[\]{}]{4,100})(?P<next>.?)",
        ),
        _password_mask,
    ),
}
