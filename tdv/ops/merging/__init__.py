"""What merge, revert, cherry-pick, stash and resolve share: trees merged, conflicts kept."""
