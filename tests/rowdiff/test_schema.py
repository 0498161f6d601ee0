from __future__ import annotations

from memory_records import records

from tdv.rowdiff.schema import SchemaDiff, compare_schemas, schema_of


def diff(old, new):
    return compare_schemas(schema_of(records(old)), schema_of(records(new)))


def test_types_of_all_rows_by_path():
    schema = schema_of(
        records(
            [
                {"id": 1, "m": [{"role": "user"}, {"role": None}], "meta": {"x": 1.5}},
                {"id": "a", "m": [], "meta": {"x": True}},
                b"{broken",
            ]
        )
    )
    assert (schema.rows, schema.undecodable) == (2, 1)
    assert schema.fields == {
        "id": {"integer": 1, "string": 1},
        "m": {"array": 2},
        "meta": {"object": 2},
        "m[].role": {"string": 1, "null": 1},
        "m[]": {"object": 2},
        "meta.x": {"number": 1, "boolean": 1},
    }


def test_what_appeared_and_vanished_is_named_at_its_top():
    changed = diff([{"a": 1, "b": {"c": 1}}], [{"a": 1, "d": {"e": [1]}}])
    assert changed == SchemaDiff(appeared=("d",), vanished=("b",))
    assert changed.breaking


def test_an_added_field_breaks_nothing():
    changed = diff([{"a": 1}], [{"a": 1}, {"a": 2, "b": 1}])
    assert changed == SchemaDiff(appeared=("b",))
    assert not changed.breaking


def test_a_renamed_field_is_recognised_by_its_values():
    old = [{"id": n, "label": f"l{n}", "m": {"who": f"a{n % 5}"}} for n in range(50)]
    new = [{"id": n, "intent": f"l{n}", "m": {"annotator": f"a{n % 5}"}} for n in range(52)]
    changed = diff(old, new)
    assert changed == SchemaDiff(renamed=(("label", "intent"), ("m.who", "m.annotator")))
    assert changed.breaking


def test_changed_types():
    assert diff([{"a": 1}], [{"a": "1"}]) == SchemaDiff(retyped=(("a", ("integer",), ("string",)),))
    nullable = diff([{"a": 1}], [{"a": 1}, {"a": None}])
    assert nullable.retyped == (("a", ("integer",), ("integer", "null")),)
    assert not nullable.breaking
    assert not diff([{"a": 1.5}, {"a": 1}], [{"a": 1.5}])
    assert not diff([{"a": 1.5}], [{"a": 1.5}, {"a": 1}])
    assert diff([{"a": 1}], [{"a": 1.5}]).breaking
