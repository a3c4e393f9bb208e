"""The checks of the Pod Security Standards over odd bodies; what they find is in `fixtures/check/trees`."""

from tests.cases import mutations, resource, resources

from penstock.validate.pod_security import demands_of, judge_pods

NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: baseline}
"""


def test_no_shape_of_a_body_makes_a_check_fail() -> None:
    demands = demands_of(resources(NAMESPACE))
    for body in mutations(1500, seed=7):
        metadata = body["metadata"] if isinstance(body.get("metadata"), dict) else {}
        body = {**body, "metadata": {**metadata, "namespace": "shop"}}
        for finding in judge_pods([resource(body)], demands):
            assert finding.message


def test_a_level_that_is_none_asks_for_nothing() -> None:
    demands = demands_of(resources(NAMESPACE.replace("restricted", "strict").replace("baseline", "privileged")))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "shop"}, "spec": {"hostPID": True}}
    assert list(judge_pods([resource(pod)], demands)) == []
