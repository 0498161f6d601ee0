"""Rows in, findings and figures out: rules, profiles, summaries, reports. Knows no repository."""
