"""How results look that more than one command shows."""
