"""Rows in, facts out: columns, hits of rules and exact sums, of a unit at a time."""
