"""`op log`: the operations on this repository, newest first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice

from tdv.model.operation import OperationRecord
from tdv.repo.repository import Repo


def operations(repo: Repo, limit: int | None = None) -> Iterator[OperationRecord]:
    """The operation records, newest first, at most `limit`.

    Raises:
        IntegrityError: a record is damaged.
    """
    return islice(repo.oplog.backwards(), None if limit is None else min(limit, sys.maxsize))
