"""The built-in rules, one module per family; each module lists its own in `RULES`."""
