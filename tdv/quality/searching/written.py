"""All text of a row that a person or a model wrote: the text fields, and what messages say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tdv.quality.subject import Roles, Row, value_at


def written(row: Row, roles: Roles) -> Iterator[tuple[str, str]]:
    """Each text with its field: `text`, `messages[2].content`, `messages[2].content[0].text`."""
    for path in roles.text:
        value = value_at(row, path)
        if type(value) is str:
            yield path, value
    if roles.messages:
        yield from said(value_at(row, roles.messages), roles.messages)


def said(messages: Any, path: str) -> Iterator[tuple[str, str]]:
    """Likewise of a list of messages; a content may be a list of parts with `text` each.

    Where a message has no `content`, its `value` is looked at, as ShareGPT's data has it.
    """
    if not isinstance(messages, list):
        return
    for number, message in enumerate(messages):
        if not isinstance(message, dict):
            continue
        name = "content" if "content" in message else "value"
        content = message.get(name)
        if type(content) is str:
            yield f"{path}[{number}].{name}", content
        elif isinstance(content, list):
            for place, part in enumerate(content):
                text = part.get("text") if isinstance(part, dict) else None
                if type(text) is str:
                    yield f"{path}[{number}].{name}[{place}].text", text
