"""`python -m tdv` is `tdv`."""

from __future__ import annotations

import sys

from tdv.cli.main import main

sys.exit(main())
