"""JSON Schemas: compiled, explained, resolved, inferred; the built-in ones are the `.json`."""
