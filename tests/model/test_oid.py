import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from tdv.model.oid import Kind, Oid, oid_of


@given(st.binary())
def test_an_oid_is_blake3_over_tag_and_payload(payload: bytes) -> None:
    assert oid_of(Kind.CHUNK, payload) == blake3(b"tdv:chunk\0" + payload).digest()


def test_the_kind_is_part_of_the_address() -> None:
    assert len({oid_of(kind, b"same") for kind in Kind}) == len(Kind)


@given(st.binary(min_size=32, max_size=32))
def test_an_oid_reads_back_from_its_digits(raw: bytes) -> None:
    assert Oid.parse(str(Oid(raw))) == raw


@pytest.mark.parametrize("text", ["", "ab", "0" * 63, "0" * 66, "g" * 64])
def test_other_text_is_no_oid(text: str) -> None:
    with pytest.raises(ValueError, match=r"hex"):
        Oid.parse(text)
