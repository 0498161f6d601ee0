"""What `validate` and `stats` share: which files, by which settings, with which facts."""
