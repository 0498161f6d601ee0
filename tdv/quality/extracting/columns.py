"""The facts of rows: a few fixed columns each, at most 80 bytes a row.

| column | type | what it is |
|---|---|---|
| `record` | 2 x u64 | seeded XXH3-128 of the record; finds what is unchanged, and equal records |
| `text` | 2 x u64 | likewise of the main text's normal form (`arrowtext`); 0 where there is none |
| `fields` | u64 | likewise of the fields that `DUP002.fields` names; 0 where one is missing |
| `key` | u64 | likewise of the key's values; 0 where one is missing |
| `group` | u64 | likewise of the group's value |
| `vector` | u64 | likewise of the embedding |
| `chars`, `words`, `distinct` | u32 | of the main text: characters, words, different words |
| `chars:FIELD`, `words:FIELD` | u32 | of the other text fields |
| `label:FIELD`, `category:FIELD`, `media:FIELD`, `split` | code | 0 where there is no value |
| `number:FIELD` | f64 | NaN where there is no number |
| `score` | f64 | of source 002's row scorer, where the rule QUA001 is on |
| `turns` | u32 | messages of a conversation |
| `shape` | code | the row's fields with their types, as JSON |
| `tally` | code | what `tallies` counts of the row, as JSON; only where something is counted |
| `bad` | u8 | 1 for a record that does not decode |

A code is a place in the unit's list of texts for that column, from 1.

The seed of the fingerprints is drawn with the memory that keeps them, so that no row can be made
to pass for another. Reports do not depend on it.
"""

from __future__ import annotations

# Part of what remembered facts are known by: raise it when any column or rule changes meaning.
VERSION = 1

RECORD, TEXT, FIELDS, KEY, GROUP = "record", "text", "fields", "key", "group"
VECTOR, SCORE = "vector", "score"
CHARS, WORDS, DISTINCT = "chars", "words", "distinct"
SPLIT, TURNS, SHAPE, TALLY, BAD = "split", "turns", "shape", "tally", "bad"

_CODED = ("label:", "category:", "media:")


def coded(column: str) -> bool:
    """Whether a column holds codes of texts."""
    return column.startswith(_CODED) or column in (SPLIT, SHAPE, TALLY)


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


def media_of(field: str) -> str:
    """The column with the names of files that a field names."""
    return f"media:{field}"


def number_of(field: str) -> str:
    """The column with the numbers of a field."""
    return f"number:{field}"
