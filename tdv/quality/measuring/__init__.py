"""Exact sums in, figures out: statistics, metrics, and thresholds held against them."""
