"""PII and SEC: what is found, what is not, and that no message tells what was found."""

from __future__ import annotations

import pytest

from tdv.quality.rules.privacy import RULES
from tdv.quality.searching.sensitive import KINDS, iban_checks, luhn
from tdv.quality.subject import Roles, Subject

SUBJECT = Subject(Roles(text=("text", "answer"), messages="messages"))
BY_CODE = {rule.code: rule for rule in RULES}
# No real keys: these are made up, and put together here so that no scanner takes them for real.
TAIL = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
FOUND = {
    "PII001": [
        "jo@example.com",
        "jo.smith+x@mail.example.co.uk",
        "<jo_2@x-y.de>",
        "mailto:a@b.io.",
        "jo.123456@example.com today.",
    ],
    "PII002": [
        "+49 30 901820",
        "+1 (415) 555-2671",
        "+14155552671",
        "(415) 555-2671",
        "415-555-2671",
        "415.555.2671",
        "1-415-555-2671",
        "555-123-4567",
        "123.456.7890",
        "415 555 2671",
        "06 12 34 56 78",
        "030/9018200",
        "07911 123456",
        "call:+44 20 7946 0958.",
    ],
    "PII003": [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "5555555555554444",
        "378282246310005",
        "6011111111111117",
        "3530111333300000",
        "30569309025904",
        "2223003122003222",
    ],
    "PII004": [
        "84.23.110.7",
        "192.168.0.1",
        "10.0.0.1:8080",
        "(8.8.8.80)",
        "2001:db8:85a3:0:0:8a2e:370:7334",
        "2001:db8::8a2e:370:7334",
        "fe80::1ff:fe23:4567:890a",
    ],
    "PII005": [
        "DE89370400440532013000",
        "GB29 NWBK 6016 1331 9268 19",
        "FR14 2004 1010 0505 0001 3M02 606",
        "NO9386011117947",
        "DE89 3704 0044 0532 0130 00 ABCD",
    ],
    "SEC001": [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + TAIL,
        "github_pat_" + TAIL + "abcdef",
        "sk-" + "proj-" + TAIL,
        "sk-" + "ant-api03-" + TAIL,
        "xoxb-" + "123456789012-abcdefGHIJ",
        "AIza" + "SyD-1a2b3c4d5e6f7g8h9i0j1k2l3m4n5o6",
        "hf_" + TAIL[:34],
        "sk_live_" + TAIL[:24],
        "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0In0" + "." + TAIL,
    ],
    "SEC002": [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ],
    "SEC003": [
        "password=hunter2",
        "PASSWORD = 'letmein'",
        '"password": "hunter2"',
        "pwd: tr0ub4dor",
        "secret=abc123xyz",
        "api_key: 'q1w2e3r4t5'",
        "auth_token=9f8e7d6c",
        "db_password=mypass123",
    ],
}
LEFT_ALONE = {
    "PII001": ["me @ home", "@jo", "a@b", "x@y.1", "5 @ 3.50", "user@localhost", "@@example.com"],
    "PII002": [
        "200 - 300 + 4000",
        "200-300-4000=",
        "100 200 3000",
        "= 415-555-2671",
        "12345678901",
        "+10 - 20 - 300",
        "5 +1000000000 = x",
        "2026-02-06 10:00:00",
        "10,000,000",
        "0.123456789",
        "+1111111111",
        "1-2-3-4-5-6-7-8-9",
        "02-03-2024",
        "ISBN 978-3-16-148410-0",
    ],
    "PII003": [
        "4111 1111 1111 1112",
        "1234567890123456",
        "1700000000000",
        "4.111111111111111",
        "0000000000000000",
        "9111111111111111",
        "id_4111111111111111",
    ],
    "PII004": [
        "127.0.0.1",
        "0.0.0.0",
        "1.2.3.4",
        "v10.20.30.40",
        "300.1.1.1",
        "10.0.0",
        "1.10.20.30.40",
        "section 4.2.10.1",
        "Version: 10.15.7.1",
        "12:30:45",
        "std::vector::iterator",
        "a::b",
        "00:1B:44:11:3A:B7",
        "10.01.2024.5",
    ],
    "PII005": ["DE00370400440532013000", "AB12 3456 7890 1234", "XX89370400440532013000"],
    "SEC001": [
        "sk-learn-is-a-library-for-python",
        "AKIA",
        "AKIAABC",
        "hf_hub_download_from_the_repository_x",
        "ghp_short",
        "task-" + TAIL,
    ],
    "SEC002": ["a private key", "-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----"],
    "SEC003": [
        "password=password",
        "password=os.environ['X']",
        "password=get_password()",
        "password=<your password>",
        "password: required",
        "Password: at least 8 characters",
        "password = None",
        "password='********'",
        "password: {{ secret }}",
        "the secret: never give up",
        "password=input('?')",
        '"password": "string"',
        "compass=n0rth",
    ],
}


def faults(code, text, field="text"):
    return list(BY_CODE[code].check({field: text}, SUBJECT))


@pytest.mark.parametrize(("code", "text"), [(c, t) for c, each in FOUND.items() for t in each])
def test_found_and_never_told(code, text):
    said = f"It is {text}, as you know."
    [fault] = faults(code, said)
    assert fault.field == "text"
    for start, end, _ in KINDS[code].matches(said):
        assert said[start:end] not in fault.message or code == "SEC002"


@pytest.mark.parametrize(("code", "text"), [(c, t) for c, each in LEFT_ALONE.items() for t in each])
def test_left_alone(code, text):
    assert faults(code, text) == []
    assert faults(code, f"It is {text}, as you know.") == []


def test_masks():
    assert faults("PII001", "jo.smith@mail.example.com")[0].message == (
        "`text` has an e-mail address: `j…@m….com`."
    )
    assert faults("PII002", "+49 30 901820")[0].message == (
        "`text` has a phone number: `+49…` (10 digits)."
    )
    assert faults("PII003", "4111 1111 1111 1111")[0].message == (
        "`text` has a card number: `…11` (16 digits)."
    )
    assert faults("PII005", "NO9386011117947")[0].message == (
        "`text` has an IBAN: `NO…` (15 characters)."
    )
    assert faults("SEC003", "password=hunter2")[0].message == (
        "`text` has a password: `password=…`."
    )
    assert faults("SEC001", "ghp_" + TAIL)[0].message == (
        "`text` has a key to a service: `ghp_…` (40 characters)."
    )


def test_one_fault_a_text_with_a_count_of_different_ones():
    text = "jo@example.com, JO@example.com, al@example.com, jo@example.com"
    [fault] = faults("PII001", text)
    assert fault.message.endswith("`j…@e….com`, and 2 more.")


def test_every_text_of_a_row_is_looked_at():
    row = {
        "text": "jo@example.com",
        "answer": "al@example.com",
        "note": "not@a.text.field.com",
        "messages": [
            {"role": "user", "content": "me@example.com"},
            {"role": "user", "content": [{"type": "text", "text": "you@example.com"}, {"x": 1}]},
            {"role": "user", "content": None},
            {"from": "human", "value": "us@example.com"},
            "odd",
        ],
    }
    assert [fault.field for fault in BY_CODE["PII001"].check(row, SUBJECT)] == [
        "text",
        "answer",
        "messages[0].content",
        "messages[1].content[0].text",
        "messages[3].value",
    ]


def test_check_digits():
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert iban_checks("GB82WEST12345698765432")
    assert not iban_checks("GB82WEST12345698765433")


@pytest.mark.parametrize("code", KINDS)
def test_hostile_texts_take_no_square_of_time(code):
    for piece in ("a", "a.", "1 ", "1", "0-", "+1(", ":a", "A1 ", "eyJa.", "password:", "sk-a_"):
        assert len(faults(code, piece * (60_000 // len(piece)))) <= 1
