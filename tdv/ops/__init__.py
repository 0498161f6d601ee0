"""One verb per module: takes a Repo or a small protocol, returns a frozen dataclass."""
