"""Three versions of a file -> one, and what they do not agree on. Knows no repository."""
