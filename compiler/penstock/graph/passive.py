"""Custom kinds whose controllers make nothing that other objects name."""

from penstock.graph.references import Kind

_PASSIVE = """
cert-manager.io external-secrets.io bitnami.com secrets.hashicorp.com isindir.github.com kustomize.toolkit.fluxcd.io
source.toolkit.fluxcd.io notification.toolkit.fluxcd.io image.toolkit.fluxcd.io keda.sh traefik.io traefik.containo.us
networking.istio.io security.istio.io telemetry.istio.io cilium.io projectcontour.io kyverno.io externaldns.nginx.org
metallb.io volsync.backube velero.io templates.gatekeeper.sh gateway.envoyproxy.io policy.linkerd.io networking.gke.io
cloud.google.com longhorn.io kpack.io karpenter.sh karpenter.k8s.aws barmancloud.cnpg.io snapscheduler.backube
config.openshift.io route.openshift.io user.openshift.io project.openshift.io
"""
PASSIVE_GROUPS = frozenset(_PASSIVE.split())
"""Groups of custom kinds whose controllers make no Services, accounts and pods for others to name."""

PASSIVE_KINDS: frozenset[Kind] = frozenset(
    (
        *(("monitoring.coreos.com", kind) for kind in ("PodMonitor", "Probe", "PrometheusRule", "ServiceMonitor")),
        *(("monitoring.coreos.com", kind) for kind in ("AlertmanagerConfig", "ScrapeConfig")),
        *(("operator.victoriametrics.com", f"VM{kind}Scrape") for kind in ("Node", "Pod", "Service", "Static")),
        *(("operator.victoriametrics.com", f"VM{kind}") for kind in ("AlertmanagerConfig", "Probe", "Rule", "User")),
        *(("operator.victoriametrics.com", kind) for kind in ("VMScrapeConfig", "VLogsRule")),
        *(("argoproj.io", kind) for kind in ("AnalysisTemplate", "AppProject", "ApplicationSet")),
        *(("postgresql.cnpg.io", kind) for kind in ("Backup", "Database", "ScheduledBackup")),
        *(("grafana.integreatly.org", f"Grafana{kind}") for kind in ("Dashboard", "Datasource", "Folder")),
    )
)
"""The same of single kinds."""
