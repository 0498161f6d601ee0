"""From object id to bytes and back: packs, deltas, Merkle sequences and trees, atomic files."""
