"""`python -m penstock`."""

import sys

from penstock.start import console

sys.exit(console())
