"""Bounds on the size of a chart. Helm has the bound on bytes; the others are Penstock's."""

from penstock.charts.chart import Refused
from penstock.gotemplate.bounds import MARKS
from penstock.model import Pos

MAX_FILES = 20_000
"""Files of a chart and its subcharts. The largest public ones have about 2,000."""

MAX_BYTES = 100 * 1024 * 1024
"""Bytes of the unpacked files, the same number as Helm's."""

MAX_CHARTS = 2_000
"""Dependencies and charts in `charts/`. Those of a chart are counted again for each alias of it: a few short files can
double them at each level.
"""

MAX_VALUES = 1_000_000
"""Scalars in the values files of all charts. Those of a chart are counted again for each alias of it."""

MAX_MERGED = 2_000_000
"""Values of tables that are merged: defaults, globals of each subchart, and imported values."""

MAX_MARKS = 1_000_000
"""Marks of YAML (`marks_of`) in the values files of all charts, and in all that their templates print. Files are not
parsed beyond that. The largest public charts print 300,000.
"""

MAX_DOCUMENTS = 30_000
"""Documents that the templates of a chart may print, as many as a target may have objects."""

MAX_LINKED = 1_000
"""Symlinked directories in a chart: the way to each of their files is followed step by step."""

MAX_NESTING = 20
"""Levels of charts inside one another: an archive can contain itself many times over."""


MAX_PATTERNS = 5_000
"""Lines of a .helmignore. Public charts have some dozens."""

MAX_IGNORED = 500_000
"""Bytes of a .helmignore, each of which is a step of a regular expression."""

MAX_COMPARISONS = 2_500_000
"""Comparisons of a chart's paths with the patterns of .helmignore."""

_MARKS = tuple(mark.encode() for mark in MARKS)


MARKS_OF_A_DOCUMENT = 16
"""The values that take as much time as the start of another document of a file."""


def marks_of(data: bytes) -> int:
    """Return the number of signs with which YAML begins values: what it costs to parse a text, known before."""
    return sum(map(data.count, _MARKS)) + MARKS_OF_A_DOCUMENT * data.count(b"\n---")


class Room:
    """The part of the bounds that is left while a chart and its subcharts are loaded."""

    def __init__(self, files: int = MAX_FILES, size: int = MAX_BYTES) -> None:
        self.files_left = files
        self.bytes_left = size
        self.charts_left = MAX_CHARTS
        self.values_left = MAX_VALUES
        self.marks_left = MAX_MARKS
        self.merged_left = MAX_MERGED

    def take(self, files: int, size: int, path: str) -> None:
        """Count files and bytes. Raises `Refused` where a bound is exceeded."""
        self.files_left -= files
        self.bytes_left -= size
        if self.files_left < 0:
            message = f"this chart has more than {MAX_FILES:,} files with those of its subcharts"
            raise Refused("PS702", message, Pos(path), "list what is not part of it in .helmignore")
        if self.bytes_left < 0:
            message = f"decompressed chart is larger than the maximum size {MAX_BYTES}"
            raise Refused("PS702", message, Pos(path), "list what is not part of it in .helmignore")

    def take_values(self, values: int, path: str) -> None:
        """Count values. Raises `Refused` where a chart and its subcharts have too many."""
        self.values_left -= values
        if self.values_left < 0:
            message = (
                f"this chart has more than {MAX_VALUES:,} values with those of its subcharts, counted for each alias"
            )
            raise Refused("PS702", message, Pos(path), "take those out that are not used")

    def merge(self, values: int, path: str) -> None:
        """Count values of tables that are about to be merged. Raises `Refused` where there are too many."""
        self.merged_left -= values
        if self.merged_left < 0:
            message = f"merging the values of this chart and its subcharts takes more than {MAX_MERGED:,} steps"
            raise Refused("PS702", message, Pos(path), "take globals and imported values out that are not used")

    def take_text(self, data: bytes, path: str) -> None:
        """Count the marks of a YAML file that is about to be parsed. Raises `Refused` where there are too many."""
        self.marks_left -= marks_of(data)
        if self.marks_left < 0:
            message = (
                f"this chart has YAML files with more than {MAX_MARKS:,} values and lines, those of subcharts included"
            )
            raise Refused("PS702", message, Pos(path), "take those out that are not used")

    def take_charts(self, charts: int, path: str) -> None:
        """Count dependencies and subcharts. Raises `Refused` where a chart and its subcharts have too many."""
        self.charts_left -= charts
        if self.charts_left < 0:
            message = f"this chart has more than {MAX_CHARTS:,} dependencies and subcharts, each counted for each alias"
            raise Refused("PS702", message, Pos(path), "take those out that are not used")
