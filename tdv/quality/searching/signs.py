"""Patterns that text is searched for, in the syntax that RE2 and Python's `re` share.

A sign says that a text *may* have what a rule is about; the rule then looks closer. All are in
`SIGNS`, which the screens search for in one pass. Classes are spelled out (`[0-9]`, not `\\d`),
since the two libraries do not mean the same characters by the short forms.
"""

from __future__ import annotations

# What Windows-1252 and Latin-1 make of the bytes 0x80 to 0xBF, which continue a character in UTF-8.
# Quotes, dashes and guillemets may also stand behind a word that ends in a capital `Ã`.
_MARKS = "\u00ab\u00bb\u2013\u2014\u2018\u2019\u201c\u201d\u2022\u2026\u203a\u2122"
_LETTERS = "\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192"
_SIGNS = "\u02c6\u02dc\u201a\u201e\u2020\u2021\u2030\u2039\u20ac"
_ODD = f"\u0080-\u00aa\u00ac-\u00ba\u00bc-\u00bf{_LETTERS}{_SIGNS}"
_REST = f"[{_ODD}{_MARKS}]"
_NO_CAPITAL = "(?:^|[^A-Z\u00c0-\u00de])"

# White space of every kind, and characters that show nothing.
INVISIBLE = (
    "[\\x00-\\x20\u007f-\u00a0\u00ad\u034f\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u3000\ufeff]"
)
BLANK = f"^{INVISIBLE}*$"
CONTROL = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\u009f\u202d\u202e\ufeff\ufff9-\ufffb]"
# UTF-8 that was read as Windows-1252 or Latin-1, and characters that a decoder gave up on.
DAMAGE = "|".join(
    (
        "\ufffd",
        f"\u00c3[{_ODD}]",
        f"{_NO_CAPITAL}\u00c3[{_MARKS}]",
        f"{_NO_CAPITAL}\u00c2[\u0080-\u00bf]",
        "\u00e2[\u0080\u20ac]",
        f"\u00e2[\u0081-\u009f{_LETTERS}{_SIGNS}\u203a\u2122]{_REST}",
        f"\u00f0[\u009f\u0178]{_REST}{_REST}",
        "\u00ef(?:\u00b8\u008f|\u00bb\u00bf|\u00bf\u00bd)",
        "\u00c5[\u0080-\u009f\u00a1\u00bc-\u00be]",
        f"(?:[\u00d0\u00d1]{_REST}){{3}}",
    )
)
# Punctuation and symbols: ASCII, Latin-1, general punctuation to arrows, mathematics and box
# drawing, full-width forms. Not emoji, marks of Indic scripts, or the punctuation of CJK.
SYMBOL = (
    "[!-/:-@\\[-`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf"
    "\u2010-\u2027\u2030-\u205e"
    "\u2190-\u25ff\u2900-\u2bff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufffd]"
)
# The lead bytes of those that are not ASCII.
SYMBOL_LEADS = b"\xc2\xe2\xef"

EMAIL = "[A-Za-z0-9_%+-]@[A-Za-z0-9]"
PHONE = (
    "\\+[0-9]{1,3}(?:[ .(/-]{0,2}[0-9)]){6}"
    "|[0-9]{3}\\)?[ .-]?[0-9]{3}[ .-][0-9]{4}"
    "|0[0-9]{2,4}[ /-][0-9]{5}"
    "|0[1-9](?:[ .-][0-9]{2}){4}"
)
CARD = "[2-6](?:[ -]?[0-9]){12}"
IP = (
    "[0-9]\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]"
    "|[0-9A-Fa-f]:[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:?[0-9A-Fa-f]"
)
IBAN = "[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4} ?[A-Z0-9]{4}"
API_KEY = "AKIA|ASIA|gh[pousr]_|github_pat_|sk-|xox[abeprs]-|AIza|hf_|[sr]k_live_|glpat-|npm_|eyJ"
PRIVATE_KEY = "PRIVATE KEY"
PASSWORD = (
    "(?i:pass(?:word|wd|phrase|code)|pwd|secret|api[_-]?key|token|credential)[\"']?[ \\t]{0,3}[:=]"
)

SIGNS = (CONTROL, DAMAGE, EMAIL, PHONE, CARD, IP, IBAN, API_KEY, PRIVATE_KEY, PASSWORD)
