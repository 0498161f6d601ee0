"""What gc, fsck, repair and purge share: what is reachable, and how packs are written anew."""
