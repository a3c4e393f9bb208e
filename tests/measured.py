"""Runs a command, and writes its exit status, its seconds of processor time and its most bytes of memory to a file.

    python -S measured.py FILE PROGRAM ARGUMENT...

A process seems to have had as much memory as the one that has started it, and a process of tests may be large. This one
is small.
"""

import os
import sys

place, *command = sys.argv[1:]
_, ended, used = os.wait4(os.spawnv(os.P_NOWAIT, command[0], command), 0)
with open(place, "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(ended)} {used.ru_utime + used.ru_stime} {used.ru_maxrss * 1024}")
