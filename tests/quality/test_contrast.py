"""Two sets of statistics side by side."""

from __future__ import annotations

from tdv.quality.measuring.contrast import Difference, differences, shifts

OLD = {
    "counts": {"rows": 10, "undecodable": 0, "bytes": 100},
    "lengths": {"types": {"characters": {"rows": 10, "mean": 1.5, "approximate": False}}},
    "labels": {
        "intent": {"rows": 10, "different": 2, "values": {"a": 9, "b": 1}},
        "gone": {"rows": 1, "different": 1, "values": {"x": 1}},
    },
    "fields": {"id": {"rows": 10, "missing": 0, "null": 0, "types": {"string": 10}}},
    "persona": {
        "avg_turns": 3,
        "samples_by_split": {"train": 3},
        "distractor_stats": {"noise_rate": 0.5, "layer_distribution": {"l": 1}},
    },
}
NEW = {
    "counts": {"rows": 20, "undecodable": 1, "bytes": 50},
    "lengths": {"types": {"characters": {"rows": 10, "mean": 1.2, "approximate": False}}},
    "numbers": {"quality": {"rows": 0}},
    "labels": {"intent": {"rows": 20, "different": 3, "values": {"a": 10, "c": 10}}},
}


def test_figures_of_both_sides_in_the_order_in_which_they_are_told():
    found = differences(OLD, NEW)
    assert found[:4] == [
        Difference(("counts", "rows"), 10, 20),
        Difference(("counts", "undecodable"), 0, 1),
        Difference(("counts", "bytes"), 100, 50),
        Difference(("lengths", "types", "characters", "rows"), 10, 10),
    ]
    by_path = {each.path: each for each in found}
    assert by_path["counts", "rows"].by == 10
    assert by_path["lengths", "types", "characters", "mean"].by == -0.3
    assert by_path["numbers", "quality", "rows"] == (("numbers", "quality", "rows"), None, 0)
    assert by_path["persona", "distractor_stats", "noise_rate"].by is None
    assert not any("approximate" in each.path or "labels" in each.path for each in found)


def test_counts_of_values_are_told_as_shares_only():
    paths = {each.path for each in differences(OLD, NEW)}
    assert ("fields", "id", "missing") in paths
    assert ("persona", "avg_turns") in paths
    assert not any("train" in path or "l" in path or "string" in path for path in paths)


def test_values_that_appear_and_vanish():
    intent, gone, layers = shifts(OLD, NEW)
    assert intent.path == ("labels", "intent")
    assert intent.appeared == ["c"]
    assert intent.vanished == ["b"]
    assert [(each.value, each.old, each.new, each.by) for each in intent.shares] == [
        ("c", 0, 0.5, 0.5),
        ("a", 0.9, 0.5, -0.4),
        ("b", 0.1, 0, -0.1),
    ]
    assert gone.vanished == ["x"]
    assert layers.path == ("persona", "distractor_stats", "layer_distribution")


def test_a_side_that_does_not_name_all_values_is_not_complete():
    few = {"labels": {"f": {"rows": 9, "values": {"a": 1}, "others": 8}}}
    (shifted,) = shifts(few, {"labels": {"f": {"rows": 1, "values": {"b": 1}}}})
    assert not shifted.complete
    assert [each.complete for each in shifts(OLD, NEW)] == [True, True, True]


def test_nothing_against_nothing():
    assert differences({}, {}) == shifts({}, {}) == []
