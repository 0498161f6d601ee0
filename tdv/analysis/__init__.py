"""The engine of analyses: units of rows, what is remembered of them, and who computes it."""
