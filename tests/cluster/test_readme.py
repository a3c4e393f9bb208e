"""The README, with its cluster: all of its consoles, those too that `tests/test_docs.py` leaves out."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import Golden
from tests.manual import ROOT, commands, play, shop, with_outputs

if TYPE_CHECKING:
    from tests.cluster.conftest import Stand

SERVER = "https://prod-eu.example.com:6443"
"""What the README has in the place of a port of this machine."""

WAITING = re.compile(r"^waiting: .*\n", re.MULTILINE)
"""What a sync says while it waits: more on a slow machine."""


def test_the_readme_says_what_its_commands_print(stand: "Stand", golden: Golden, tmp_path: Path) -> None:
    kubeconfig = stand.cluster.kubeconfig.with_name("prod-eu.kubeconfig")  # beside the files that it names
    server = _write_kubeconfig(stand, kubeconfig)
    page = (ROOT / "README.md").read_text()
    outputs = play(commands(page), shop(tmp_path), {"KUBECONFIG": str(kubeconfig)})
    shown = [WAITING.sub("", output).replace(server, SERVER) for output in outputs]
    for path in ("/apis/apps/v1/namespaces/default/deployments/shop", "/api/v1/namespaces/default/services/shop"):
        stand.cluster.admin.call("DELETE", path)
    golden(ROOT / "README.md", with_outputs(page, shown))


def _write_kubeconfig(stand: "Stand", path: Path) -> str:
    """A kubeconfig whose context `prod-eu` leads to the test's cluster; the address of that cluster."""
    content = json.loads(stand.cluster.kubeconfig.read_text())
    admin = next(each["context"] for each in content["contexts"] if each["name"] == "admin")
    content["contexts"] = [{"name": "prod-eu", "context": admin}]
    path.write_text(json.dumps(content))
    return str(content["clusters"][0]["cluster"]["server"])
