"""Folders as Merkle sequences of their items: read, change and compare them."""

from tdv.store.treediff import TreeChange, compare
from tdv.store.treeedit import update
from tdv.store.treeread import (
    EMPTY_TREE,
    file_at,
    find_item,
    items_of,
    list_folder,
    lookup,
    read_tree_node,
    walk,
)

__all__ = [
    "EMPTY_TREE",
    "TreeChange",
    "compare",
    "file_at",
    "find_item",
    "items_of",
    "list_folder",
    "lookup",
    "read_tree_node",
    "update",
    "walk",
]
