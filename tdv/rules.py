"""What a rule file of your own imports: `from tdv.rules import rule`; see docs/validate.md."""

from __future__ import annotations

from tdv.quality.own import rule

__all__ = ["rule"]
