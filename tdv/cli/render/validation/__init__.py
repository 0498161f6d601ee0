"""How a validation is written: text for people, and six formats for programs."""
