"""The facts of rows: a few fixed columns each, at most 80 bytes a row.

| column | type | what it is |
|---|---|---|
| `record` | 2 x u64 | seeded XXH3-128 of the record; finds what is unchanged, and equal records |
| `text` | 2 x u64 | likewise of the main text, normalised (`arrowtext.normalised`); 0 where none |
| `fields` | u64 | likewise of the fields that a parameter names (`DUP002.fields`); 0 where none |
| `key` | u64 | likewise of the key's values; 0 where one is missing |
| `group` | u64 | likewise of the group's value |
| `chars`, `words`, `distinct` | u32 | of the main text: characters, words, different words |
| `chars:FIELD`, `words:FIELD` | u32 | of the other text fields |
| `label:FIELD`, `category:FIELD`, `split` | u16 | code in the unit's list of values; 0 where none |
| `number:FIELD` | f64 | NaN where there is no number |
| `turns` | u16 | messages of a conversation, or items of a list of that role |
| `shape` | u16 | code in the unit's list of (field, type) tuples |
| `bad` | u8 | 1 for a record that does not decode |

The seed of the fingerprints is drawn with the memory that keeps them, so that no row can be made
to pass for another. Reports do not depend on it.
"""

from __future__ import annotations

RECORD, TEXT, FIELDS, KEY, GROUP = "record", "text", "fields", "key", "group"
CHARS, WORDS, DISTINCT = "chars", "words", "distinct"
SPLIT, TURNS, SHAPE, BAD = "split", "turns", "shape", "bad"


def chars_of(field: str) -> str:
    """The column with the characters of a text field that is not the main one."""
    return f"chars:{field}"


def words_of(field: str) -> str:
    """The column with the words of such a field."""
    return f"words:{field}"


def label_of(field: str) -> str:
    """The column with the codes of a label."""
    return f"label:{field}"


def category_of(field: str) -> str:
    """The column with the codes of another field whose values are counted."""
    return f"category:{field}"


def number_of(field: str) -> str:
    """The column with the numbers of a field."""
    return f"number:{field}"
