"""Penstock compiles a GitOps repository: parse → resolve → graph → validate → emit → apply.

Read `pipeline.py` first: it is the whole path of data.
"""

__version__ = "0.1.0"
