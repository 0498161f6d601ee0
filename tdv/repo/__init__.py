"""A repository: refs, HEAD, stage, working copy, locks, operation log, revisions, history."""
