import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tdv.errors import PathError
from tdv.model.names import MAX_DEPTH, check_name, check_path, fold


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b".",
        b"..",
        b"a/b",
        b"a\0b",
        b".tdv",
        b".TDV",
        b".git",
        b".Git",
        b".Tdv",
        b".tdv.",
        b".tdv ",
        b".tdv::$INDEX_ALLOCATION",
        ".t\u200ddv".encode(),
        "\u200e.tdv".encode(),
        "．tdv".encode(),
        ".\uff34dv".encode(),
    ],
)
def test_refused_names(name: bytes) -> None:
    with pytest.raises(PathError):
        check_name(name)


@pytest.mark.parametrize(
    "name", [b"tdv", b".tdvignore", b"a.tdv", b"...", b"\xff\xfe", "é\n".encode(), b".gitignore"]
)
def test_accepted_names(name: bytes) -> None:
    assert check_name(name) == name


@given(st.binary(min_size=1))
def test_every_name_is_accepted_or_refused_by_a_path_error(name: bytes) -> None:
    try:
        accepted = check_name(name)
    except PathError:
        return
    assert accepted == name
    assert b"/" not in name
    assert b"\0" not in name


def test_a_path_is_checked_part_by_part() -> None:
    assert check_path(b"a/b/c") == b"a/b/c"
    for path in (b"/a", b"a//b", b"a/", b"a/../b", b"a/.TDV/b"):
        with pytest.raises(PathError):
            check_path(path)


def test_a_path_has_a_bounded_number_of_parts() -> None:
    deepest = b"/".join([b"d"] * MAX_DEPTH)
    assert check_path(deepest) == deepest
    with pytest.raises(PathError, match="below `d/d/d/` has more than 100 parts"):
        check_path(deepest + b"/d")


def test_folding_joins_case_and_composition() -> None:
    assert fold("É".encode()) == fold("e\u0301".encode())
    assert fold(b"README") == fold(b"readme")
    assert fold(b"a") != fold(b"b")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assume(not any(0xD800 <= ord(c) < 0xE000 for c in text))
    once = fold(text.encode())
    assert fold(once) == once
