"""Which rule files may run."""

from __future__ import annotations

import pytest

from tdv.errors import ConfigError, PathError, UsageError
from tdv.repo.trust import Trust, fingerprint, trusted_sources

RULE = b"x = 1\n"


@pytest.fixture
def trust(tmp_path):
    return Trust(tmp_path / "home" / "config.toml")


def test_what_is_trusted_is_the_bytes(trust):
    assert not trust.allows(RULE)
    trust.add(RULE, '/data/ru"les\\é.py')
    assert trust.allows(RULE)
    assert not trust.allows(RULE + b" ")
    assert Trust(trust.path.parent / "config.toml").files() == {
        fingerprint(RULE): '/data/ru"les\\é.py'
    }


def test_revoke_by_path_by_hash_and_by_its_beginning(trust):
    for number in range(4):
        trust.add(b"%d" % number, f"{number // 2}.py")
    assert trust.revoke(["0.py"]) == ["0.py", "0.py"]
    assert trust.revoke([fingerprint(b"2")[:8]]) == ["1.py"]
    assert trust.revoke([fingerprint(b"3")[:7], "x"]) == []
    assert trust.revoke([fingerprint(b"3")]) == ["1.py"]
    assert trust.files() == {}


def test_only_trusted_files_are_given_out(trust):
    trust.add(b"\xef\xbb\xbfx = 1\n", "a.py")
    assert trusted_sources(["a.py"], lambda path: b"\xef\xbb\xbfx = 1\n", trust) == {
        "a.py": "x = 1\n"
    }
    with pytest.raises(ConfigError) as caught:
        trusted_sources(["a.py"], lambda path: RULE, trust)
    assert caught.value.exit_code == 2
    assert caught.value.message == (
        "The rule file a.py is not trusted; it is a program that would run here."
    )
    assert caught.value.hint == "Read it, then run `tdv config trust a.py`."


def test_files_that_are_none(trust):
    def missing(path):
        raise FileNotFoundError(2, "No such file or directory")

    def absent(path):
        raise PathError("There is no `a.py` in HEAD.")

    for read, message in (
        (missing, "tdv.toml: the rule file `a.py` cannot be read: No such file or directory."),
        (absent, "tdv.toml: the rule file `a.py` cannot be read: There is no `a.py` in HEAD."),
        (lambda path: b"a\n\xff", "a.py, line 2, is not valid UTF-8."),
        (lambda path: b"#" * (2 << 20), "a.py has 2,097,152 bytes, more than a rule file needs."),
    ):
        with pytest.raises(ConfigError) as caught:
            trusted_sources(["a.py"], read, trust, "tdv.toml: ")
        assert caught.value.message == message
    with pytest.raises(ConfigError, match="is not the path of a file"):
        trusted_sources(["entry point x"], lambda path: RULE, trust)


def test_without_a_home_nothing_is_trusted():
    trust = Trust(None)
    assert not trust.allows(RULE)
    with pytest.raises(UsageError, match="There is no home folder"):
        trust.add(RULE, "a.py")


@pytest.mark.parametrize("text", ["files = 1", "[files]\na = 1", "[files"])
def test_a_list_that_is_none(trust, text):
    trust.path.parent.mkdir()
    trust.path.write_text(text)
    with pytest.raises(ConfigError):
        trust.allows(RULE)
