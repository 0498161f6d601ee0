"""File bytes <-> records <-> rows, with a registry by suffix."""
