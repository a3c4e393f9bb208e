"""`python -m penstock`."""

import sys

from penstock.cli.main import console

sys.exit(console())
