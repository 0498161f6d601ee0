"""Rules of the user's own: how they are made, and what happens when they fail."""

from __future__ import annotations

import pickle
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tdv.errors import ConfigError, RuleFailed
from tdv.quality import own
from tdv.quality.finding import Fault, Level
from tdv.quality.own import installed_sources, own_rules
from tdv.quality.subject import Subject

LOREM = '''
from tdv.rules import rule

@rule("ACME001", "no-lorem", level="error")
def no_lorem(row, *, word="lorem"):
    """The text is placeholder text."""
    if word in row["text"].lower():
        yield "text", f"It has {word}.", "Write a text."
'''


def rules_of(text, name="rules/mine.py"):
    return own_rules({name: text}).rules


def faults(body, row=None, head=""):
    text = f"from tdv.rules import rule\n@rule('ACME001', 'one')\ndef one(row{head}):\n    {body}\n"
    return list(rules_of(text)["ACME001"].check({"text": "x"} if row is None else row, Subject()))


def test_ten_lines_suffice():
    rule = rules_of(LOREM)["ACME001"]
    assert (rule.name, rule.level, rule.family) == ("no-lorem", Level.ERROR, "ACME")
    assert rule.summary == "The text is placeholder text."
    assert rule.defaults == {"word": "lorem"}
    found = list(rule.check({"text": "Lorem ipsum"}, Subject()))
    assert found == [Fault("text", "It has lorem.", "Write a text.")]
    assert list(rule.check({"text": "hello"}, Subject())) == []
    other = Subject(values={"ACME001": {"word": "hello"}})
    assert list(rule.check({"text": "hello"}, other)) == [
        Fault("text", "It has hello.", "Write a text.")
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("pass", []),
        ("return None", []),
        ("return 'Bad.'", [Fault("", "Bad.")]),
        ("return 'text', 'Bad.'", [Fault("text", "Bad.")]),
        ("return [('a', 'Bad.'), 'Worse.']", [Fault("a", "Bad."), Fault("", "Worse.")]),
        ("yield 'Bad.'", [Fault("", "Bad.")]),
        ("yield 'a', 'b', 'c'", [Fault("a", "b", "c")]),
        ("yield 'x' * 5000", [Fault("", "x" * 1000)]),
    ],
)
def test_what_a_rule_may_say(body, expected):
    assert faults(body) == expected


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("return row['nope']", "raised KeyError: 'nope'."),
        ("yield 1 / 0", "raised ZeroDivisionError: division by zero."),
        ("yield 1", "raised TypeError: a rule yields (field, message) or a message, all of them "),
        ("yield 'a', 1", "raised TypeError: a rule yields (field, message) or a message"),
        ("return 7", "raised TypeError: 'int' object is not iterable."),
        ("raise SystemExit(0)", "raised SystemExit: 0."),
        ("raise ValueError('a\\n\\nb')", "raised ValueError: a b."),
        ("one(row)", "raised RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_a_rule_that_raises(body, told):
    with pytest.raises(RuleFailed) as caught:
        faults(body)
    assert caught.value.exit_code == 2
    assert caught.value.message.startswith("rules/mine.py")
    assert f": the rule ACME001 (one) {told}" in caught.value.message


def test_the_error_names_line_row_and_file_and_travels():
    with pytest.raises(RuleFailed) as caught:
        faults("return row['nope']")
    error = caught.value
    error.row = 16
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.row) == (error.message, 16)
    assert again.placed("a.jsonl", 16).message == (
        "rules/mine.py, line 4: the rule ACME001 (one) raised KeyError: 'nope'. "
        "It was given row 16 of a.jsonl."
    )


def test_a_rule_cannot_change_the_row_for_others():
    row = {"text": "x", "list": [{"a": 1}]}
    assert faults("row['list'][0]['a'] = 2; row.clear(); return []", row) == []
    assert row == {"text": "x", "list": [{"a": 1}]}


HEAD = "from tdv.rules import rule\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "rules/mine.py has no rule."),
        ("a b\n", "rules/mine.py, line 1: this is no Python: invalid syntax."),
        ("x = '\0'\n", "rules/mine.py"),
        ("\n1/0\n", "rules/mine.py, line 2: it raised ZeroDivisionError: division by zero."),
        ("import no_such_module", "rules/mine.py, line 1: it raised ModuleNotFoundError: No mod"),
        ("raise SystemExit", "rules/mine.py, line 1: it raised SystemExit."),
        (HEAD + "rule('A1', 'x')", "rules/mine.py, line 2: it raised ValueError: the code 'A1'"),
        (
            HEAD + "rule('TXT999', 'x')",
            "rules/mine.py, line 2: it raised ValueError: the code 'TXT",
        ),
        (
            HEAD + "rule('AB001', 'X_')",
            "rules/mine.py, line 2: it raised ValueError: the name 'X_'",
        ),
        (HEAD + "rule('AB001', 'x', level='bad')", "rules/mine.py, line 2: it raised ValueError:"),
        (
            HEAD + "@rule('AB001', 'x')\ndef x(row, other): pass",
            "rules/mine.py, line 2: it raised ValueError: a rule takes the row, and its parameters",
        ),
        (
            HEAD + "@rule('AB001', 'x')\ndef x(row, **k): pass",
            "rules/mine.py, line 2: it raised ValueError: a rule takes the row, and no **k.",
        ),
        (
            HEAD + "@rule('AB001', 'x')\ndef x(row, *, k=None): pass",
            "rules/mine.py, line 2: it raised ValueError: the parameter 'k' needs a default that",
        ),
        (
            HEAD + "@rule('AB001', 'x')\ndef x(row): pass\n@rule('AB001', 'y')\ndef y(row): pass",
            "rules/mine.py has a rule AB001 (y), and rules/mine.py has AB001 (x).",
        ),
        (
            HEAD + "@rule('AB001', 'x')\ndef x(row): pass\n@rule('AB002', 'x')\ndef y(row): pass",
            "rules/mine.py has a rule AB002 (x), and rules/mine.py has AB001 (x).",
        ),
    ],
)
def test_a_file_that_is_wrong(text, message):
    with pytest.raises(ConfigError) as caught:
        rules_of(text)
    # Python 3.10 names the line of the function, later ones that of its decorator.
    assert caught.value.message.replace("line 3: it", "line 2: it").startswith(message)


def test_two_files_and_what_one_defines_for_itself():
    second = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from tdv.rules import rule\n@dataclass\nclass Limit:\n    most: int = 3\n"
        "@rule('ACME002', 'short')\ndef short(row):\n"
        "    if len(row['text']) > Limit().most: return 'text', 'Too long.'\n"
    )
    made = own_rules({"b.py": second, "a.py": LOREM})
    assert list(made.rules) == ["ACME001", "ACME002"]
    assert list(made.sources) == ["a.py", "b.py"]
    assert list(made.rules["ACME002"].check({"text": "long"}, Subject())) == [
        Fault("text", "Too long.")
    ]


def test_the_rules_are_made_again_in_another_process():
    code = (
        "import sys, pickle\n"
        "from tdv.quality.own import own_rules\n"
        "subject = pickle.load(sys.stdin.buffer)\n"
        "rule = own_rules(subject.own).rules['ACME001']\n"
        "print(list(rule.check({'text': 'a LOREM b'}, subject))[0].message)\n"
    )
    subject = Subject(own=own_rules({"rules/mine.py": LOREM}).sources)
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(subject), capture_output=True, timeout=60
    )
    assert done.stdout.decode().strip() == "It has lorem.", done.stderr


def test_rules_of_an_installed_package(monkeypatch):
    module = type(sys)("acme_rules")
    exec(LOREM, vars(module))
    entry = SimpleNamespace(name="acme", made_by="acme-rules 1.2", load=lambda: module)
    monkeypatch.setattr(own, "entry_points", lambda group: (entry,) if group == "tdv.rules" else ())
    sources = installed_sources()
    assert sources == {"entry point acme": "acme-rules 1.2"}
    assert list(own_rules(sources).rules) == ["ACME001"]
    with pytest.raises(ConfigError, match=r"of acme-rules 1.1, but acme-rules 1.2 is installed"):
        own_rules({"entry point acme": "acme-rules 1.1"})
    with pytest.raises(ConfigError, match="but nothing is installed here"):
        own_rules({"entry point other": "acme-rules 1.2"})


def test_a_package_that_cannot_be_loaded(monkeypatch):
    def load():
        raise ImportError("no numpy")

    entry = SimpleNamespace(name="bad", made_by="bad 1", load=load)
    monkeypatch.setattr(own, "entry_points", lambda group: (entry,))
    with pytest.raises(
        ConfigError, match=r"The rules of bad 1 cannot be loaded: ImportError: no n"
    ):
        own_rules(installed_sources())


def test_what_a_rule_prints_goes_to_stderr(capsys):
    assert faults("print(1, row['text'], sep='-')") == []
    assert tuple(capsys.readouterr()) == ("", "1-x\n")
