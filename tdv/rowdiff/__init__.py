"""Two versions of a file -> what happened to its rows. Knows no repository."""
