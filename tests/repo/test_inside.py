"""Paths that others wrote lead to files below a folder, or nowhere."""

from __future__ import annotations

import pytest

from tdv.errors import PathError
from tdv.repo.inside import inside


def test_a_file_is_found_through_links_that_stay_inside(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to("a")
    assert inside(tmp_path, "link/../link/x") == tmp_path.resolve() / "a" / "x"


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "up/x", "a/../../x"])
def test_what_leads_out_is_refused(tmp_path, path):
    (tmp_path / "up").symlink_to("..")
    with pytest.raises(PathError, match="lies outside of"):
        inside(tmp_path, path)


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    # Python 3.13 leaves it as it is, and the system says so.
    with pytest.raises((PathError, OSError)):
        inside(tmp_path, "loop").read_bytes()
