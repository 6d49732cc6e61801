{{/* What the operator may do in a namespace whose platforms it keeps. The README's table says why. */}}
{{- define "operator.rules" -}}
- apiGroups: [photoplatform.io]
  resources: [photoplatforms, processingpipelines]
  verbs: [get, list, watch]
- apiGroups: [photoplatform.io]
  resources: [photoplatforms/status, processingpipelines/status]
  verbs: [patch]
# An owner reference that blocks deletion needs it.
- apiGroups: [photoplatform.io]
  resources: [photoplatforms/finalizers, processingpipelines/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [serviceaccounts, services, configmaps]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments, statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [autoscaling]
  resources: [horizontalpodautoscalers]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [policy]
  resources: [poddisruptionbudgets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies, ingresses]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [monitoring.coreos.com]
  resources: [servicemonitors, prometheusrules]
  verbs: [get, list, watch, create, patch, delete]
# StatefulSets make them; they grow.
- apiGroups: [""]
  resources: [persistentvolumeclaims]
  verbs: [get, list, watch, patch]
# They tell why a workload is not ready; on workers it is noted which go first when there are to be fewer.
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch, patch]
# How many workers a pipeline has.
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
# How much workers use, where the cluster measures it.
- apiGroups: [metrics.k8s.io]
  resources: [pods]
  verbs: [list]
# By name only. Passwords are generated once and stay; patched are whom a Secret goes with, when deletionPolicy changes,
# and the rights of Redis' users, when a release has others.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create, patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/* The operator's account, as a binding names it. */}}
{{- define "operator.subjects" -}}
- kind: ServiceAccount
  name: {{ include "operator.account" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}
