"""docs/rules.md is what the rules say."""

from __future__ import annotations

from pathlib import Path

from tdv.cli.rulesreference import page
from tdv.quality.registry import rules

PAGE = Path(__file__).parent.parent.parent / "docs" / "rules.md"


def test_the_page_is_as_generated():
    """When this fails: `python -m tdv.cli.rulesreference > docs/rules.md`."""
    assert PAGE.read_text("utf-8") == page()


def test_every_rule_has_a_section():
    text = page()
    for code, rule in rules().items():
        assert f"\n### {code} {rule.name}\n" in text
