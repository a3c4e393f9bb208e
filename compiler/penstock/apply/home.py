"""The namespace in which Penstock keeps its records: the inventory and the lease."""

from penstock.apply.client import Client
from penstock.apply.failure import Failure
from penstock.apply.inventory import Parent
from penstock.apply.prepare import PATIENCE
from penstock.model import Refusal

PARENT_MANAGER = "penstock-applyset"
"""The field manager of Penstock's own records."""


def make_home(client: Client, parent: Parent) -> None:
    """Create the namespace of the inventory and the lease where it is missing.

    A user who may not read the namespace may still use it.
    """
    path = f"/api/v1/namespaces/{parent.namespace}"
    found = client.about_object(client.get(path))
    client.patience = PATIENCE
    if isinstance(found, Failure) and found.is_absent:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": parent.namespace}}
        # not an apply: without fields it would leave no manager, and the next one's fields would count as a person's
        query = {"fieldManager": PARENT_MANAGER}
        made = client.about_object(client.call("POST", "/api/v1/namespaces", query, body))
        if isinstance(made, Failure) and made.reason != "AlreadyExists":
            raise Refusal(f"cannot make the namespace {parent.namespace} for the inventory: {made}", 4)
